import type { SimulatorState } from "../shown.ts";
import { element, redraw } from "../../../server/pages/elements.ts";
import { actInPortal, scan, tap, watch } from "./calls.ts";
import { draw, type Taps } from "./draw.ts";
import type { ActInPortal } from "./portal.ts";
import { endedElsewhere, type Opened, paid, type PhoneScreen, screenFor } from "./screens.ts";

/** The phone of one customer: what it shows, and what the taps do. */
class Phone {
  readonly #place: HTMLElement;
  readonly #who: HTMLSelectElement;
  #state: SimulatorState | undefined;
  #opened: Opened = { name: "home" };
  #onScreen: PhoneScreen = { name: "home" };
  #busy = false;
  #connected = true;

  constructor(place: HTMLElement, who: HTMLSelectElement) {
    this.#place = place;
    this.#who = who;
  }

  start(): void {
    this.#who.addEventListener("change", () => this.#open({ name: "home" }));
    watch(
      (state) => this.#show(state),
      () => this.#lose(),
    );
  }

  #show(state: SimulatorState): void {
    this.#state = state;
    this.#connected = true;
    this.#fillWho(state);
    if (this.#onScreen.name === "request" || this.#onScreen.name === "processing") {
      const ended = this.#busy ? undefined : endedElsewhere(state, this.#onScreen.payment.reference);
      if (ended) this.#opened = ended;
    }
    this.#draw();
  }

  #lose(): void {
    this.#connected = false;
    this.#draw();
  }

  /** The customers differ from run to run; `?customer=` chooses one at the start. */
  #fillWho({ customers }: SimulatorState): void {
    const known = [...this.#who.options].map((option) => option.value).join();
    if (known === customers.map((customer) => customer.phoneNumber).join()) return;
    const wanted = new URLSearchParams(location.search).get("customer");
    const options = customers.map(({ phoneNumber, name }) =>
      element("option", { value: phoneNumber, selected: phoneNumber === wanted }, name),
    );
    this.#who.replaceChildren(...options);
  }

  #draw(): void {
    const state = this.#state;
    const customer = state?.customers.find((one) => one.phoneNumber === this.#who.value);
    if (!this.#connected || !state || !customer) {
      redraw(this.#place, [element("p", { class: "lead" }, "No connection.")]);
      return;
    }
    // The demo's scanner reads the code of whoever is shown. All customers are made up: nothing is told that matters.
    if (parent !== window) parent.postMessage({ phoneNumber: customer.phoneNumber }, "*");
    this.#onScreen = screenFor(state, customer, this.#opened);
    this.#place.dataset["screen"] = this.#onScreen.name;
    redraw(this.#place, draw(this.#onScreen, { state, customer, taps: this.#taps }));
  }

  readonly #taps: Taps = {
    open: (opened) => this.#open(opened),
    scan: (content) => void this.#whileBusy(() => this.#scan(content)),
    answer: (answer, reference) => void this.#whileBusy(() => this.#answer(answer, reference)),
    inPortal: (does, reference, amountMinor) =>
      void this.#whileBusy(() => this.#inPortal(does, reference, amountMinor)),
    isBusy: () => this.#busy,
  };

  #open(opened: Opened): void {
    this.#opened = opened;
    this.#draw();
  }

  async #whileBusy(work: () => Promise<Opened>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#opened = await work();
    } catch {
      this.#opened = { name: "message", tone: "bad", title: "No connection", text: "Try again in a moment." };
    }
    this.#busy = false;
    this.#draw();
  }

  async #scan(content: string): Promise<Opened> {
    const result = await scan(this.#who.value, content);
    if (result.shown === "connected") return { name: "connected", place: result.locationDescription };
    if (result.shown === "paymentRequest") return { name: "home" };
    const text =
      result.shown === "cannotConnect" ? "Try scanning again or pay in another way." : "This code is not for payments.";
    return { name: "message", tone: "bad", title: "Can't connect to store", text };
  }

  async #inPortal(...act: Parameters<ActInPortal>): Promise<Opened> {
    const refused = await actInPortal(...act);
    if (refused === undefined) return { name: "portal" };
    return { name: "message", tone: "bad", title: "Refused", text: refused };
  }

  async #answer(answer: "approve" | "refuse", reference: string): Promise<Opened> {
    const result = await tap(answer, reference, this.#who.value);
    const payment = this.#state?.payments.find((one) => one.reference === reference);
    const shop = this.#state?.shop.name ?? "";
    if (result.shown === "approved" && payment) return paid(payment, shop);
    if (result.shown === "refused") {
      return { name: "message", tone: "bad", title: "Refused", text: "You have not paid." };
    }
    if (result.shown !== "notOpen") return { name: "home" };
    const gone = { name: "message", tone: "bad", title: "Too late", text: "The request is no longer there." } as const;
    return (this.#state && endedElsewhere(this.#state, reference)) ?? gone;
  }
}

const place = document.querySelector<HTMLElement>("#screen");
const who = document.querySelector<HTMLSelectElement>("#who");
if (place && who) new Phone(place, who).start();
