import { type BridgeClient, type ClientState, connect } from "../../../protocol/client.ts";
import { announce } from "./announce.ts";
import { beCertified } from "./certified.ts";
import { hear } from "./listening.ts";
import { type Memory, openMemory } from "./memory.ts";
import { readDemo, type DemoView, power, scan, watchPhone } from "./demo-link.ts";
import { Paying } from "./paying.ts";
import { Recovering } from "./recovering.ts";
import { Refunding } from "./refunding.ts";
import { RingingUp } from "./ringing-up.ts";
import { SettlingIn } from "./settling-in.ts";
import { makeStore, nothingYet, type TillScreen, type TillPageStore } from "./state.ts";
import type { TillCalls } from "./till.ts";
import { showBasket } from "./views/basket.ts";
import { showCounter } from "./views/counter.ts";
import { showHead, showStrip } from "./views/frame.ts";
import { showGoods } from "./views/goods.ts";
import { showOverlay } from "./views/overlay.ts";
import { showReceipts } from "./views/receipts.ts";
import { showRecovery } from "./views/recovery.ts";
import { showSettings } from "./views/settings.ts";
import { canCancel, endedUnpaid } from "./words.ts";

void open();

/** Opens the till: from what is on disk, and from nothing else. */
async function open(): Promise<void> {
  const outside = await readDemo();
  const memory = openMemory(outside.shop);
  const { basket, interrupted } = memory.kept;
  const store = makeStore({ ...nothingYet, power: outside.power, basket, interrupted });
  new DemoTill(outside, store, memory).open();
}

/** The parts of the till, put together. */
class DemoTill {
  readonly #store: TillPageStore;
  readonly #memory: Memory;
  #outside: DemoView;
  #client: BridgeClient | undefined;
  readonly #ringingUp: RingingUp;
  readonly #paying: Paying;
  readonly #refunding: Refunding;
  readonly #recovering: Recovering;
  readonly #settlingIn: SettlingIn;

  constructor(outside: DemoView, store: TillPageStore, memory: Memory) {
    this.#outside = outside;
    this.#store = store;
    this.#memory = memory;
    const till: TillCalls = { call: (method, params, options) => this.#connected().call(method, params, options) };
    const parts = { store, memory, till };
    this.#ringingUp = new RingingUp(parts);
    this.#paying = new Paying(parts, this.#ringingUp);
    this.#refunding = new Refunding(parts, this.#paying);
    this.#recovering = new Recovering(parts, this.#ringingUp, this.#paying);
    this.#settlingIn = new SettlingIn(parts);
    beCertified({
      store,
      memory,
      ringingUp: this.#ringingUp,
      paying: this.#paying,
      refunding: this.#refunding,
      recovering: this.#recovering,
    });
  }

  open(): void {
    this.#show(this.#outside);
    if (this.#outside.power === "on") this.#connect(this.#outside);
  }

  #show(outside: DemoView): void {
    const store = this.#store;
    const customer = { phoneNumber: outside.phoneNumber, scan: () => void scan({ phoneNumber: customer.phoneNumber }) };
    watchPhone(outside, (phoneNumber) => (customer.phoneNumber = phoneNumber));
    // First, so that what lies under a sheet can be reached again when the sheet gives the focus back.
    showScreens(store);
    showHead(place("head"), store);
    showGoods(
      place("goods"),
      (ean) => this.#ringingUp.add(ean),
      (ean) => void scan({ ean }),
    );
    showBasket(place("basket"), store, this.#ringingUp, this.#paying);
    showReceipts(place("screen-receipts"), store, this.#memory, this.#refunding);
    showSettings(place("screen-settings"), store, this.#settlingIn);
    showRecovery(place("recovery"), store, this.#recovering);
    showOverlay(place("overlay"), store, this.#paying, customer);
    showStrip(place("strip"), store);
    showCounter(place("counter"), outside, store, {
      scanSticker: () => void scan({ sticker: true }),
      scanCustomer: customer.scan,
      pullThePlug: () => void this.#pullThePlug(),
      powerOn: () => void this.#powerOn(),
    });
    announce(place("heard"), store);
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #connect(outside: DemoView): void {
    const { daemonUrl, token } = outside;
    this.#outside = outside;
    const { seq } = this.#memory.kept;
    this.#client = connect({
      url: daemonUrl,
      token,
      client: { name: "Demo till", version: "1" },
      ...(seq !== undefined && { afterSeq: seq }),
      onState: (state) => this.#linkChanged(state),
      onEvent: (event) => {
        hear(event, {
          store: this.#store,
          ringingUp: this.#ringingUp,
          paying: this.#paying,
          refunding: this.#refunding,
          recovering: this.#recovering,
          settlingIn: this.#settlingIn,
        });
        this.#memory.save({ seq: event.params.seq });
      },
    });
  }

  #connected(): BridgeClient {
    if (!this.#client) throw new Error("The till has no power.");
    return this.#client;
  }

  #linkChanged(state: ClientState): void {
    if (state.name === "ready") {
      this.#store.change({ link: "ready", till: state.hello.till });
      this.#memory.save({ seq: Math.min(this.#memory.kept.seq ?? state.hello.seq, state.hello.seq) });
      void this.#takeUp();
    } else {
      const refused = state.name === "refused" || state.name === "tooOld";
      this.#store.change({ link: refused ? "refused" : state.name === "connecting" ? "connecting" : "away" });
      void this.#lookForPower();
    }
  }

  /** The daemon has gone: somebody else may have pulled the plug, or closed the demo and opened another. */
  async #lookForPower(): Promise<void> {
    try {
      const outside = await readDemo();
      if (this.#store.state.power !== "on") return;
      if (outside.power === "off") this.#goDark();
      else if (outside.token !== this.#outside.token) location.reload();
    } catch {
      // The demo itself has been closed. The client keeps trying, and so do we with every try.
    }
  }

  /** The daemon is there: what was under way goes on. */
  async #takeUp(): Promise<void> {
    if (this.#memory.kept.powerCut) this.#recovering.park();
    const { sale } = this.#memory.kept;
    try {
      const { devices } = await this.#connected().call("device.list", {});
      this.#store.change({ devices });
      if (sale) await this.#paying.takeUp(sale);
      await this.#recovering.refresh();
      await this.#refunding.takeUp();
    } catch {
      // The connection went again; the next one begins from the start.
    }
  }

  /** Whatever is not on disk is gone, as on a till that loses its power. */
  async #pullThePlug(): Promise<void> {
    this.#memory.save({ powerCut: true });
    await power(false);
    this.#goDark();
  }

  #goDark(): void {
    this.#memory.save({ powerCut: true });
    this.#client?.close();
    this.#client = undefined;
    this.#store.change({ ...nothingYet, power: "off", noted: this.#store.state.noted, till: this.#store.state.till });
    document.querySelector<HTMLElement>('[data-key="power-on"]')?.focus();
  }

  async #powerOn(): Promise<void> {
    this.#store.change({ power: "starting" });
    const started = await power(true);
    const outside = await readDemo();
    const { basket, interrupted } = this.#memory.kept;
    this.#store.change({ power: started ? outside.power : "off", basket, interrupted });
    if (outside.power !== "on") return;
    this.#connect(outside);
    document.querySelector<HTMLElement>('[data-key="screen-sale"]')?.focus();
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    const { overlay, sale, payments, pairing } = this.#store.state;
    const payment = sale && payments[sale.paymentId];
    if (overlay === "payment" && canCancel(payment)) void this.#paying.cancel();
    else if (overlay !== "none" && (overlay !== "payment" || !payment || endedUnpaid(payment))) this.#paying.close();
    else if (pairing.step === "listening") void this.#settlingIn.stopListening();
  }
}

/** Shows one screen, and the dark one when there is no power. What lies under a sheet cannot be reached. */
function showScreens(store: TillPageStore): void {
  const screens: readonly TillScreen[] = ["sale", "receipts", "settings"];
  const update = () => {
    const { screen, overlay, power } = store.state;
    for (const one of screens) place(`screen-${one}`).hidden = one !== screen;
    place("dark").hidden = power === "on";
    for (const name of ["head", "recovery", "screens", "strip"])
      place(name).inert = power !== "on" || (overlay !== "none" && name !== "strip");
  };
  store.watch(update);
  update();
}

function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}
