import { type BridgeCallError, callError } from "./call-error.ts";
import type { StampedEvent } from "./events.ts";
import type { CallFrame, ErrorFrame, NotificationFrame, ResultFrame } from "./json-rpc.ts";
import { type Closing, type Link, openLink } from "./link.ts";
import { type LocalNetwork, watchLocalNetwork } from "./local-network.ts";
import type { MethodAnsweredBy, MethodName, Params, Result } from "./methods.ts";
import { PendingCalls } from "./pending-calls.ts";
import { protocolVersions } from "./version.ts";

export { BridgeCallError, type CallErrorCode, type Retry } from "./call-error.ts";
export type { BridgeEvent, EventName, StampedEvent } from "./events.ts";
export type { MethodName, Params, Result } from "./methods.ts";
export { type AccessWish, requestAccess } from "./request-access.ts";
export type * from "./values.ts";

export interface ClientOptions {
  /** `ws://127.0.0.1:8455/v1` unless given. */
  readonly url?: string;
  readonly token: string;
  /** Who is calling: for the till's log. */
  readonly client: { readonly name: string; readonly version: string };
  /** BCP 47, for words that the daemon makes for people. */
  readonly locale?: string;
  /** Every event once, in order. */
  readonly onEvent?: (event: StampedEvent) => void;
  /** Every change of the connection. */
  readonly onState?: (state: ClientState) => void;
  /** The `seq` that an earlier page kept: what happened since is delivered first, so that a reload loses nothing. */
  readonly afterSeq?: number;
  /** Which till, and which tag, this page was set up for: on another one nothing is sold. */
  readonly till?: { readonly tillId?: string; readonly tagId?: string };
}

/**
 * `notRunning`: no program answers at the address, or the daemon does not admit this page; with `permission`, it may also be that the
 * browser refuses the page without asking the person. `blocked`: the browser does not let the page out: `prompt`, it waits for the
 * person's answer; `denied`, the person or the browser's policy said no. `refused`: the token is not known.
 * `wrongTill`: the page was set up for another till or tag.
 * `tooOld`: page and daemon have no common version. `stopping`: the daemon said goodbye. In every state the client keeps trying.
 */
export type ClientState =
  | { readonly name: "connecting" | "stopping" }
  | { readonly name: "notRunning"; readonly permission?: "prompt" }
  | { readonly name: "blocked"; readonly permission: "prompt" | "denied" }
  /** `hello.gap`: events were missed for good: fetch anew what the page shows. */
  | { readonly name: "ready"; readonly hello: Result<"session.hello"> }
  | { readonly name: "refused" | "tooOld" | "wrongTill"; readonly error: BridgeCallError };

/** What a page may call once it is connected. */
export type CallableMethod = Exclude<MethodName, MethodAnsweredBy<"session">>;

export interface CallOptions {
  /** Ends the wait. The daemon may carry the call out all the same. */
  readonly signal?: AbortSignal;
  /** How long to wait for a connection, milliseconds. 15 s unless given. Then `NOT_CONNECTED`: nothing was sent. */
  readonly connectMs?: number;
  /** How long to wait in all, milliseconds. 60 s unless given. Then `CONNECTION_LOST`: ask for the state. */
  readonly answerMs?: number;
}

export interface BridgeClient {
  readonly state: ClientState;
  /** The number of the last event: keep it, and give it as `afterSeq` after a reload. */
  readonly seq: number | undefined;
  /** Rejects with `BridgeCallError`. Calls that cannot do anything twice are repeated by themselves after a dropped connection. */
  call<Name extends CallableMethod>(method: Name, params: Params<Name>, options?: CallOptions): Promise<Result<Name>>;
  /** Tries to connect at once, for example when the page comes back to the front. */
  retryNow(): void;
  close(): void;
}

/** `waiting`: we gave up. */
type Ending = Closing | "waiting";

const defaultUrl = "ws://127.0.0.1:8455/v1";
const helloId = "hello";
/** The till answers from memory; a sleeping tab may take a moment. */
const helloMsMax = 5_000;
/** A till that restarts is back within two seconds. */
const retryMsMin = 250;
/** A cashier who looks at the page sees it come back. */
const retryMsMax = 5_000;
/** A person must act first. */
const retryMsRefused = 15_000;
/** A restart takes seconds; then the cashier is shown the state. */
const connectMs = 15_000;
/** MobilePay's slowest call has 30 s; the state can be asked for after that. */
const answerMs = 60_000;
const stopping = 1001;

/** Connects and stays connected, for ever, until `close`. */
export function connect(options: ClientOptions): BridgeClient {
  const client = new Client(options);
  client.retryNow();
  return client;
}

class Client implements BridgeClient {
  readonly #options: ClientOptions;
  readonly #calls = new PendingCalls();
  readonly #permission = watchLocalNetwork(() => this.retryNow());
  #state: ClientState = { name: "connecting" };
  #link: Link | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = retryMsMin;
  #isClosed = false;
  /** Whether this connection has come to a socket that is open. */
  #isOpen = false;
  /** Where to go on after a drop. */
  #resumeSeq: number | undefined;
  /** The last event that the page received. */
  #toldSeq: number | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#resumeSeq = options.afterSeq;
    this.#toldSeq = options.afterSeq;
  }

  get state(): ClientState {
    return this.#state;
  }

  get seq(): number | undefined {
    return this.#resumeSeq;
  }

  call<Name extends CallableMethod>(
    method: Name,
    params: Params<Name>,
    options: CallOptions = {},
  ): Promise<Result<Name>> {
    // The daemon answers a method with the result of its row.
    return this.#calls.add(method, params, { connectMs, answerMs, ...options }) as Promise<Result<Name>>;
  }

  retryNow(): void {
    if (this.#isClosed || this.#link) return;
    clearTimeout(this.#timer);
    this.#isOpen = false;
    this.#link = openLink(this.#options.url ?? defaultUrl, {
      opened: () => this.#sayHello(),
      answered: (frame) => this.#answered(frame),
      notified: (frame) => this.#notified(frame),
      closed: (code) => this.#dropped(code),
    });
    this.#timer = setTimeout(() => this.#hangUp(), helloMsMax);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = undefined;
    this.#calls.giveUpAll();
  }

  #sayHello(): void {
    this.#isOpen = true;
    const { token, client, locale, till } = this.#options;
    const params: Params<"session.hello"> = {
      protocol: protocolVersions,
      client,
      token,
      ...(locale !== undefined && { locale }),
      ...(till && { till }),
      ...(this.#resumeSeq !== undefined && { afterSeq: this.#resumeSeq }),
    };
    this.#link?.send({ jsonrpc: "2.0", id: helloId, method: "session.hello", params });
  }

  #answered(frame: ResultFrame | ErrorFrame): void {
    if (frame.id !== helloId) return this.#calls.answered(frame);
    if ("error" in frame) return this.#turnedAway(callError(frame));
    this.#welcomed(frame.result as Result<"session.hello">);
  }

  #welcomed(hello: Result<"session.hello">): void {
    clearTimeout(this.#timer);
    this.#retryMs = retryMsMin;
    // With a gap, or on another till, the page starts from what is now. Else the missed events come next, and count one by one.
    if (this.#resumeSeq === undefined || hello.gap) this.#resumeSeq = hello.seq;
    this.#toldSeq = Math.min(this.#toldSeq ?? hello.seq, hello.seq);
    this.#become({ name: "ready", hello });
    this.#calls.connected((call: CallFrame) => this.#link?.send(call));
  }

  #turnedAway(error: BridgeCallError): void {
    this.#become({ name: whyRefused(error), error });
    this.#retryMs = retryMsRefused;
    this.#hangUp();
  }

  #notified({ method, params }: NotificationFrame): void {
    // Every notification of a session that has said hello is an event.
    const event = { event: method, params } as StampedEvent;
    const { seq } = event.params;
    if (seq <= (this.#toldSeq ?? 0)) return;
    this.#toldSeq = seq;
    this.#resumeSeq = Math.max(seq, this.#resumeSeq ?? 0);
    this.#options.onEvent?.(event);
  }

  #hangUp(): void {
    this.#link?.close();
    this.#dropped("waiting");
  }

  #dropped(why: Ending): void {
    this.#link = undefined;
    this.#calls.disconnected();
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    if (this.#isOpen || why === stopping) this.#become(this.#stateAfter(why));
    else void this.#explain(why);
    this.#timer = setTimeout(() => this.retryNow(), this.#retryMs * (0.5 + chance() / 2));
    this.#retryMs = Math.min(this.#retryMs * 2, Math.max(retryMsMax, this.#retryMs));
  }

  async #explain(why: Ending): Promise<void> {
    const permission = await this.#permission();
    if (!this.#isClosed && !this.#isOpen) this.#become(unanswered(why, permission));
  }

  #stateAfter(why: Ending): ClientState {
    const { name } = this.#state;
    if (why === stopping) return { name: "stopping" };
    return name === "refused" || name === "tooOld" || name === "wrongTill" ? this.#state : { name: "connecting" };
  }

  #become(state: ClientState): void {
    if (state === this.#state || (state.name !== "ready" && nameOf(state) === nameOf(this.#state))) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

function nameOf(state: ClientState): string {
  return "permission" in state ? `${state.name} ${state.permission}` : state.name;
}

/**
 * No answer came: because no daemon is there, or because the browser let nothing out. A browser connects first, and keeps the connection
 * waiting while it asks. One that fails at once found no daemon there, or belongs to a browser that cannot ask: no page can tell which.
 */
function unanswered(why: Ending, permission: LocalNetwork | undefined): ClientState {
  if (why === "forbidden" || permission === "denied") return { name: "blocked", permission: "denied" };
  if (permission !== "prompt") return { name: "notRunning" };
  return why === "waiting" ? { name: "blocked", permission } : { name: "notRunning", permission };
}

function whyRefused({ code }: BridgeCallError): "refused" | "tooOld" | "wrongTill" {
  if (code === "PROTOCOL_MISMATCH") return "tooOld";
  return code === "WRONG_TILL" ? "wrongTill" : "refused";
}

/** In [0, 1). The pages of a shop must not all come back in the same moment. */
function chance(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number / 2 ** 32;
}
