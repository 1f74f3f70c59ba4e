import { WebSocket } from "ws";
import { type AccessClient, rightsOf } from "./access/record.ts";
import type { Logger } from "../log/logger.ts";
import { assert, assertNever, BridgeError } from "../protocol/errors.ts";
import { closeCodes, type RequestId } from "../protocol/json-rpc.ts";
import { methodTable, type Params } from "../protocol/methods.ts";
import type { World } from "../world.ts";
import type { Access } from "./access/access.ts";
import type { CallHandler } from "./call-handler.ts";
import type { OpeningCall, ReadyCall, SessionInfo } from "./calls.ts";
import { openConsolePage } from "./open-console.ts";
import { type ParsedCall, errorFrame, parseCall, standardError } from "./parse-call.ts";
import { type EventStream, startEventStream } from "./event-stream.ts";
import type { DeviceClaim } from "./device-claim.ts";
import { checkTill, type Handshake, answerHello } from "./hello.ts";
import type { Limits } from "./limits.ts";
import { isMethodOpenTo } from "./may-call.ts";
import { type SendBuffer, createSendBuffer } from "./send-buffer.ts";
import { type TokenBucket, tokenBucket } from "./token-bucket.ts";

/** What all sessions of a server share. */
export interface Shared {
  readonly world: World;
  readonly log: Logger;
  readonly limits: Limits;
  readonly access: Access;
  readonly handshake: Handshake;
  readonly deviceClaim: DeviceClaim;
  readonly dispatch: CallHandler;
}

/**
 * `unauthenticated`: hello must come soon. `awaitingApproval`: a person has been asked whether this page may have access.
 * `ready`: calls are answered. `closed`: nothing that still arrives counts.
 */
type Phase = "unauthenticated" | "awaitingApproval" | "ready" | "closed";

/** Where a connection comes from. `isOwn`: from a page at the till's own address. */
export interface Peer {
  readonly origin: string | undefined;
  readonly isOwn: boolean;
}

/** One connected page or program, from the upgrade until its socket is gone. */
export class Session {
  readonly #socket: WebSocket;
  readonly #peer: Peer;
  readonly #shared: Shared;
  readonly #id: string;
  readonly #sendBuffer: SendBuffer;
  readonly #messages: TokenBucket;
  readonly #gone = new AbortController();
  readonly #callsInFlight = new Set<RequestId>();
  #helloTimer = new AbortController();
  #phase: Phase = "unauthenticated";
  #client: AccessClient | undefined;
  /** Which till the page was set up for, where it said so. */
  #expectedTill: Params<"session.hello">["till"];
  #eventStream: EventStream | undefined;
  #isAlive = true;

  constructor(socket: WebSocket, peer: Peer, shared: Shared) {
    const { world, limits } = shared;
    this.#socket = socket;
    this.#peer = peer;
    this.#shared = shared;
    this.#id = world.uuid();
    this.#sendBuffer = createSendBuffer(socket, limits.unreadBytesMax);
    this.#messages = tokenBucket(limits.messagesBurst, limits.messagesPerSecond, world.monotonicMs());
  }

  get id(): string {
    return this.#id;
  }

  /** Undefined until hello has been accepted. */
  get clientId(): string | undefined {
    return this.#client?.id;
  }

  get isConsole(): boolean {
    return this.#peer.isOwn;
  }

  get isClosing(): boolean {
    return this.#socket.readyState === WebSocket.CLOSING;
  }

  start(): void {
    // ws hands a text frame over as one Buffer, checked to be UTF-8.
    this.#socket.on("message", (data: Buffer, isBinary) => this.#receive(data, isBinary));
    this.#socket.on("ping", () => this.#count());
    this.#socket.on("pong", () => {
      this.#isAlive = this.#count();
    });
    // Broken frames end here; ws closes the socket with the code that says why.
    this.#socket.on("error", (error) => this.#shared.log.debug("a client sent what is no WebSocket frame", { error }));
    this.#socket.on("close", () => this.#end());
    void this.#expectHello();
    void this.#ping();
  }

  /** The frame of an event that has just been published. */
  publish(frame: Buffer): void {
    this.#eventStream?.publish(frame);
  }

  /** The client learns the code. What is under way goes on: it is about the till, not about this page. */
  close(code: number, reason: string): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#helloTimer.abort();
    this.#socket.close(code, reason);
  }

  /** Without a word, for a client that does not answer. */
  terminate(): void {
    this.#socket.terminate();
  }

  #end(): void {
    this.#phase = "closed";
    this.#helloTimer.abort();
    this.#gone.abort();
  }

  async #expectHello(): Promise<void> {
    const timer = new AbortController();
    this.#helloTimer = timer;
    await this.#shared.world.sleep(this.#shared.limits.helloMs, timer.signal);
    if (!timer.signal.aborted) this.close(closeCodes.noHello, "no session.hello in time");
  }

  /** A machine that sleeps or a browser that hangs leaves a socket that looks open. */
  async #ping(): Promise<void> {
    const { world, limits } = this.#shared;
    while (!this.#gone.signal.aborted) {
      await world.sleep(limits.pingEveryMs, this.#gone.signal);
      if (!this.#isAlive) return this.terminate();
      this.#isAlive = false;
      if (this.#phase !== "closed") this.#socket.ping();
    }
  }

  /** False when it was one too many. */
  #count(): boolean {
    if (this.#messages.take(this.#shared.world.monotonicMs())) return true;
    this.close(closeCodes.tooManyMessages, "too many messages");
    return false;
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#phase === "closed" || !this.#count()) return;
    if (isBinary) return this.close(closeCodes.binaryFrame, "text frames only");
    const parsed = parseCall(data.toString("utf8"));
    if ("call" in parsed) return this.#route(parsed.call);
    this.#send(parsed.refusal);
    if (this.#phase !== "ready") this.#refuse();
  }

  #route(call: ParsedCall): void {
    if (this.#phase === "ready") return this.#routeReady(call);
    if (this.#phase === "unauthenticated" && isOpening(call) && isMethodOpenTo(call.method, this.isConsole)) {
      return this.#open(call);
    }
    this.#send(errorFrame(call.id, new BridgeError("UNAUTHENTICATED")));
    this.#refuse();
  }

  #open(call: OpeningCall): void {
    switch (call.method) {
      case "session.hello":
        return this.#hello(call);
      case "session.requestAccess":
        return void this.#requestAccess(call);
      case "console.open":
        return void this.#openConsole(call);
      default:
        return assertNever(call);
    }
  }

  #refuse(): void {
    this.close(closeCodes.notAuthenticated, "not authenticated");
  }

  /** In one go: no event can be published between the answer and the first missed event. */
  #hello({ id, params }: Extract<OpeningCall, { method: "session.hello" }>): void {
    const { access, handshake } = this.#shared;
    try {
      const client = this.isConsole
        ? access.authenticateConsole(params.token)
        : access.authenticate(params.token, this.#peer.origin);
      if (!client) throw new BridgeError("UNAUTHENTICATED");
      const result = answerHello(handshake, params, rightsOf(client));
      this.#expectedTill = params.till;
      this.#becomeReady(client);
      this.#send({ jsonrpc: "2.0", id, result });
      this.#eventStream = this.#streamFrom(params.afterSeq ?? result.seq, client);
    } catch (error) {
      this.#logUnexpected("session.hello", error);
      this.#send(errorFrame(id, error));
      this.#refuse();
    }
  }

  #becomeReady(client: AccessClient): void {
    this.#phase = "ready";
    this.#client = client;
    this.#helloTimer.abort();
  }

  #streamFrom(afterSeq: number, client: AccessClient): EventStream {
    const { handshake, deviceClaim } = this.#shared;
    return startEventStream({
      log: handshake.events,
      sendBuffer: this.#sendBuffer,
      afterSeq,
      onSlowConsumer: () => this.#onSlowConsumer(),
      mayReceive: (event) => this.isConsole || deviceClaim.mayReplayTo(event, client.id),
    });
  }

  #onSlowConsumer(): void {
    this.close(closeCodes.notReading, "the client does not read");
  }

  async #requestAccess({ id, params }: Extract<OpeningCall, { method: "session.requestAccess" }>): Promise<void> {
    this.#phase = "awaitingApproval";
    this.#helloTimer.abort();
    try {
      const applicant = { name: params.client.name, origin: this.#peer.origin };
      const token = await this.#shared.access.request(applicant, (code) => this.#showCode(code), this.#gone.signal);
      this.#send({ jsonrpc: "2.0", id, result: { token } });
    } catch (error) {
      this.#logUnexpected("session.requestAccess", error);
      this.#send(errorFrame(id, error));
    }
    if (this.#phase !== "awaitingApproval") return;
    this.#phase = "unauthenticated";
    await this.#expectHello();
  }

  async #openConsole({ id, params }: Extract<OpeningCall, { method: "console.open" }>): Promise<void> {
    this.#phase = "awaitingApproval";
    try {
      const token = await openConsolePage(this.#shared, params.code);
      this.#send({ jsonrpc: "2.0", id, result: { token } });
    } catch (error) {
      this.#logUnexpected("console.open", error);
      this.#send(errorFrame(id, error));
    }
    // Nothing else is done on this connection: the page says hello on the next one.
    this.#refuse();
  }

  #showCode(code: string): void {
    this.#send({ jsonrpc: "2.0", method: "session.accessCode", params: { code } });
  }

  #routeReady(call: ParsedCall): void {
    const { id, method } = call;
    if (isOpening(call)) {
      const allowed = "hello was said already";
      return this.#send(standardError(id, "INVALID_REQUEST", { field: "method", allowed }));
    }
    if (!isMethodOpenTo(method, this.isConsole)) {
      return this.#send(errorFrame(id, new BridgeError("ACCESS_DENIED", { reason: "not for this client" })));
    }
    if (this.#callsInFlight.has(id)) {
      const allowed = "an id that is not waiting for its answer";
      return this.#send(standardError(id, "INVALID_REQUEST", { field: "id", allowed }));
    }
    if (this.#callsInFlight.size >= this.#shared.limits.callsInFlightMax) {
      return this.#send(errorFrame(id, new BridgeError("RATE_LIMITED")));
    }
    void this.#dispatch(call);
  }

  async #dispatch(call: ReadyCall): Promise<void> {
    this.#callsInFlight.add(call.id);
    try {
      // The till may have got another tag since the page said hello.
      if (call.method === "payment.start") checkTill(this.#shared.handshake.tillStatus().till, this.#expectedTill);
      const result = await this.#shared.dispatch(call, this.#info());
      this.#send({ jsonrpc: "2.0", id: call.id, result });
    } catch (error) {
      this.#logUnexpected(call.method, error);
      this.#send(errorFrame(call.id, error));
    } finally {
      this.#callsInFlight.delete(call.id);
    }
  }

  #info(): SessionInfo {
    assert(this.#client, "only a client that has said hello makes calls");
    const { id: clientId, name } = this.#client;
    return { id: this.#id, client: name, clientId, rights: rightsOf(this.#client), signal: this.#gone.signal };
  }

  #logUnexpected(method: string, error: unknown): void {
    if (!(error instanceof BridgeError)) this.#shared.log.error("a call failed inside the daemon", { method, error });
  }

  #send(frame: object): void {
    this.#sendBuffer.send(JSON.stringify(frame));
  }
}

function isOpening(call: ParsedCall): call is OpeningCall {
  return methodTable[call.method].answeredBy === "session";
}
