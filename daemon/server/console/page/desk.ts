import { BridgeCallError, type CallErrorCode } from "../../../protocol/call-error.ts";
import {
  type BridgeClient,
  type ClientState,
  connect,
  type Params,
  type StampedEvent,
} from "../../../protocol/client.ts";
import type { Right } from "../../../protocol/rights.ts";
import type { Decision } from "../../../protocol/values.ts";
import { hear } from "./hear.ts";
import { nothingYet, type ConsoleStore, type Where } from "./state.ts";
import { daemonUrl } from "./token.ts";
import type { ConsoleWords } from "./words/en.ts";

const lookMs = 2_000;
const eventsBack = 500;
const paymentsShown = 20;

/** The console while it is open: what it shows, and what a person does on it. */
export class Desk {
  readonly #store: ConsoleStore;
  readonly #locked: () => void;
  #client: BridgeClient | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  showsLog = false;

  constructor(store: ConsoleStore, locked: () => void) {
    this.#store = store;
    this.#locked = locked;
  }

  enter(token: string): void {
    this.#client?.close();
    this.#client = connect({
      url: daemonUrl(),
      token,
      client: { name: "Console", version: "1" },
      locale: this.#store.state.language,
      onState: (state) => this.#linkChanged(state),
      onEvent: (event) => hear(event, this.#store),
    });
  }

  #linkChanged(state: ClientState): void {
    if (state.name === "ready") {
      this.#store.change({ door: "open", answers: true, till: state.hello.till, doorTrouble: undefined });
      void this.#takeUp(state.hello.seq);
    } else if (state.name === "refused") {
      this.#leave();
    } else {
      this.#store.change({ answers: false });
    }
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#client?.close();
    this.#client = undefined;
    const { health, answers } = this.#store.state;
    this.#store.change({ ...nothingYet, till: undefined, overview: undefined, trouble: undefined, health, answers });
    this.#locked();
  }

  async #takeUp(seq: number): Promise<void> {
    try {
      const { payments } = await this.#call("payment.list", { limit: paymentsShown });
      const { items } = await this.#call("recovery.list", {});
      const { events } = await this.#call("events.replay", {
        afterSeq: Math.max(0, seq - eventsBack),
        limit: eventsBack,
      });
      this.#store.change({
        payments: Object.fromEntries(payments.map((it) => [it.paymentId, it])),
        recovery: Object.fromEntries(items.map((it) => [it.paymentId, it])),
      });
      for (const event of events) if (isRead(event)) hear(event, this.#store);
    } catch {
      // The connection went again; the next one begins from the start.
    }
    await this.#look();
  }

  /** What no event carries: how the program does, and who is connected. */
  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const health = await this.#call("health.get", {});
      const overview = await this.#call("console.overview", {});
      const { records } = this.showsLog ? await this.#call("console.log", {}) : { records: this.#store.state.log };
      this.#store.change({ health, overview, log: records });
    } catch {
      // The state of the connection says it already.
    }
    if (this.#client) this.#timer = setTimeout(() => void this.#look(), lookMs);
  }

  #call: BridgeClient["call"] = (method, params, options) => {
    if (!this.#client) throw new Error("the console is locked");
    return this.#client.call(method, params, options);
  };

  /** Locks this console for good: its token is void. */
  async lock(): Promise<void> {
    await this.#call("console.close", {}).catch(() => undefined);
    this.#leave();
  }

  showLog(isShown: boolean): void {
    this.showsLog = isShown;
    if (isShown) void this.#look();
  }

  async decide(paymentId: string, decision: Decision): Promise<void> {
    const { deciding } = this.#store.state;
    if (deciding.includes(paymentId)) return;
    this.#store.change({ deciding: [...deciding, paymentId] });
    await this.#attempt("recovery", async () => {
      const item = await this.#call("recovery.resolve", { paymentId, decision, decidedBy: "Console" });
      this.#store.change({ recovery: { ...this.#store.state.recovery, [paymentId]: item } });
    });
    this.#store.change({ deciding: this.#store.state.deciding.filter((it) => it !== paymentId) });
  }

  /** A person has read how it ended. */
  dismiss(paymentId: string): void {
    const { [paymentId]: _, ...recovery } = this.#store.state.recovery;
    this.#store.change({ recovery });
  }

  async letIn(requestId: string, rights: readonly Right[]): Promise<void> {
    await this.#decideAccess({ requestId, approve: true, rights: [...rights] });
  }

  async turnAway(requestId: string): Promise<void> {
    await this.#decideAccess({ requestId, approve: false });
  }

  async #decideAccess(decision: Params<"console.decideAccess">): Promise<void> {
    await this.#attempt("requests", () => this.#call("console.decideAccess", decision));
    await this.#look();
  }

  async revoke(clientId: string): Promise<void> {
    await this.#attempt("clients", () => this.#call("console.revoke", { clientId }));
    await this.#look();
  }

  /** What is plugged in now; asked for by a person only. */
  async lookForScanners(): Promise<void> {
    try {
      this.#store.change({ wedge: { scanners: await this.#call("console.scanners", {}) } });
    } catch {
      // The button is still there, and the page says already that the daemon does not answer.
    }
  }

  async listen(): Promise<void> {
    await this.#pair("listening", () => this.#call("pairing.start", {}));
  }

  async stopListening(): Promise<void> {
    await this.#pair("idle", () => this.#call("pairing.cancel", {}));
  }

  async register(tag: string, locationDescription: string): Promise<void> {
    await this.#pair("working", () => this.#call("pairing.register", { tag, locationDescription }), tag);
  }

  async create(locationDescription: string): Promise<void> {
    await this.#pair("working", () => this.#call("pairing.register", { create: true, locationDescription }));
  }

  async unpair(): Promise<void> {
    await this.#pair("working", () => this.#call("pairing.remove", {}));
  }

  async #pair(step: "idle" | "listening" | "working", work: () => Promise<unknown>, tag = ""): Promise<void> {
    this.#store.change({ pairing: { step, tag } });
    const went = await this.#attempt("pairing", work);
    if (step === "working" || !went) this.#store.change({ pairing: { step: "idle", tag: went ? "" : tag } });
  }

  /** Whether it went well. If not, the page says so where it was tried. */
  async #attempt(where: Where, work: () => Promise<unknown>): Promise<boolean> {
    this.#store.change({ trouble: undefined, sure: undefined });
    try {
      await work();
      return true;
    } catch (error) {
      this.#store.change({ trouble: { where, what: troubleOf(error) } });
      return false;
    }
  }
}

function isRead(event: { readonly event: string }): event is StampedEvent {
  return event.event === "scan.read" || event.event === "nfc.read";
}

const troubles: Readonly<Partial<Record<CallErrorCode, keyof ConsoleWords>>> = {
  NOT_CONNECTED: "troubleConnection",
  CONNECTION_LOST: "troubleConnection",
  RECOVERY_DECIDED: "troubleDecided",
  OUTCOME_UNKNOWN: "troubleUnknown",
  MOBILEPAY_UNREACHABLE: "troubleMobilePay",
  JOURNAL_FAILED: "troubleJournal",
  TAG_NOT_RECOGNISED: "troubleTag",
  TAG_TAKEN: "troubleTagTaken",
};

/** What has no words of its own here is shown as the daemon says it, in English: better than nothing. */
function troubleOf(error: unknown): keyof ConsoleWords | { readonly text: string } {
  if (!(error instanceof BridgeCallError)) return "troubleConnection";
  return troubles[error.code] ?? { text: [error.message, error.hint].filter(Boolean).join(" ") };
}
