import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import type { EventLog } from "./event-log.ts";
import type { Logger } from "../log/logger.ts";
import type { StampedEvent } from "../protocol/events.ts";
import { closeCodes } from "../protocol/json-rpc.ts";
import type { World } from "../world.ts";
import type { Access } from "./access/access.ts";
import { callHandler } from "./call-handler.ts";
import type { Handlers } from "./calls.ts";
import { eventFrame } from "./event-stream.ts";
import { DeviceClaim } from "./device-claim.ts";
import { type OriginPolicy, checkOrigin, originRefusalWords } from "./origin-policy.ts";
import type { TillStatus } from "./hello.ts";
import { answerHttp, type Pages, refuseHttp, refuseUpgrade } from "./http.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { listen, makeServer, type Tls } from "./listen.ts";
import { type Peer, Session, type Shared } from "./session.ts";

export interface RpcServerOptions {
  /** 0 picks a free one. */
  readonly port: number;
  readonly tls?: Tls | undefined;
  readonly origins: readonly string[];
  readonly handlers: Handlers;
  /** Answers as `work` does, or sooner with an error when `work` waits for what hangs. */
  readonly answerInTime?: <Value>(work: Promise<Value>) => Promise<Value>;
  readonly events: EventLog;
  readonly access: Access;
  readonly pages: Pages;
  readonly tillStatus: () => TillStatus;
  /** Of the daemon. */
  readonly version: string;
  readonly capabilities?: readonly string[];
  readonly world: World;
  readonly log: Logger;
  readonly limits?: Partial<Limits>;
}

export interface RpcServer {
  readonly port: number;
  /** For metrics: what is connected now, and what was turned away since the start. */
  counts(): Counts;
  /** Notifies every client that the daemon stops, and resolves when the port is free again. */
  close(): Promise<void>;
}

export interface Counts {
  /** All sockets that are open. */
  readonly sessions: number;
  /** Of these: pages and programs that have said hello, the till's own console not counted. */
  readonly connected: number;
  /** Of these: have not said hello. */
  readonly unauthenticated: number;
  /** Of these: asked to close, not closed yet. */
  readonly closing: number;
  /** Since the start, by the guard. */
  readonly refused: number;
}

const path = "/v1";

/** Opens the door: both loopback addresses, HTTP and WebSocket on one port. Throws `ListenError` when the port cannot be had. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const limits = { ...defaultLimits, ...options.limits };
  const { events, access, log } = options;
  const { port, servers } = await listen(options.port, () => makeServer(options.tls, limits), log);
  const sessions = new Set<Session>();
  const deviceClaim = new DeviceClaim((event) => events.publish(event));
  const acceptor = new ConnectionAcceptor(
    options,
    { port, origins: options.origins, tls: options.tls !== undefined },
    limits,
    sessions,
    deviceClaim,
  );
  for (const server of servers) acceptor.attach(server);
  const subscriptions = [
    events.subscribe((event) => publishToAll(sessions, event, deviceClaim.audienceOf(event))),
    access.onRevoked((clientId) =>
      closeAll(
        [...sessions].filter((it) => it.clientId === clientId),
        "revoked",
      ),
    ),
  ];
  return {
    port,
    counts: () => ({
      sessions: sessions.size,
      connected: [...sessions].filter((it) => it.clientId !== undefined && !it.isConsole).length,
      unauthenticated: countUnauthenticated(sessions),
      closing: [...sessions].filter((it) => it.isClosing).length,
      refused: acceptor.refused,
    }),
    async close() {
      for (const unsubscribe of subscriptions) unsubscribe();
      await acceptor.close(servers);
    },
  };
}

/** Lets in who may come in. The same guard stands before a page and before a socket. */
class ConnectionAcceptor {
  readonly #options: RpcServerOptions;
  readonly #policy: OriginPolicy;
  readonly #limits: Limits;
  readonly #sessions: Set<Session>;
  readonly #shared: Shared;
  readonly #sockets: WebSocketServer;
  readonly #reported = new Set<string>();
  #closing = false;
  refused = 0;

  constructor(
    options: RpcServerOptions,
    policy: OriginPolicy,
    limits: Limits,
    sessions: Set<Session>,
    deviceClaim: DeviceClaim,
  ) {
    this.#options = options;
    this.#policy = policy;
    this.#limits = limits;
    this.#sessions = sessions;
    this.#shared = sharedOf(options, limits, deviceClaim);
    const sockets: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      maxPayload: limits.frameBytesMax,
      maxFragments: limits.fragmentsMax,
      maxBufferedChunks: limits.fragmentsMax * 16,
      perMessageDeflate: false,
      closeTimeout: limits.closeMs,
    };
    this.#sockets = new WebSocketServer(sockets);
  }

  attach(server: Server): void {
    server.on("request", (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response));
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
  }

  async close(servers: readonly Server[]): Promise<void> {
    this.#closing = true;
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const session of this.#sessions) session.close(closeCodes.stopping, "the daemon is stopping");
    for (const server of servers) server.closeIdleConnections();
    const cut = this.#cutAfter(servers);
    await Promise.all(closed);
    cut.abort();
  }

  /** A client that does not answer the close must not hold up the stop. */
  #cutAfter(servers: readonly Server[]): AbortController {
    const done = new AbortController();
    void this.#options.world.sleep(this.#limits.closeMs, done.signal).then(() => {
      for (const session of this.#sessions) session.terminate();
      for (const server of servers) server.closeAllConnections();
    });
    return done;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader("Connection", "close");
    const verdict = checkOrigin(request.rawHeaders, request.url ?? "", this.#policy);
    if (verdict.allowed) return answerHttp(request, response, this.#options.pages);
    this.#report(verdict.reason, request);
    refuseHttp(response, originRefusalWords[verdict.reason]);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener a connection that breaks now would end the process.
    socket.on("error", () => socket.destroy());
    const verdict = checkOrigin(request.rawHeaders, request.url ?? "", this.#policy);
    if (!verdict.allowed) {
      this.#report(verdict.reason, request);
      return refuseUpgrade(socket, "403 Forbidden", originRefusalWords[verdict.reason]);
    }
    if (request.url !== path) return refuseUpgrade(socket, "404 Not Found", `The socket is at ${path}.`);
    if (this.#isFull()) return refuseUpgrade(socket, "503 Service Unavailable", "Too many connections.");
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.#accept(webSocket, { origin: verdict.origin, isOwn: verdict.isOwn ?? false }),
    );
  }

  #isFull(): boolean {
    const { socketsMax, unauthenticatedMax } = this.#limits;
    return (
      this.#closing || this.#sessions.size >= socketsMax || countUnauthenticated(this.#sessions) >= unauthenticatedMax
    );
  }

  #accept(socket: WebSocket, peer: Peer): void {
    const session = new Session(socket, peer, this.#shared);
    this.#sessions.add(session);
    socket.on("close", () => this.#sessions.delete(session));
    session.start();
  }

  /** Once per kind: a page that keeps trying must not fill the log. */
  #report(reason: string, { rawHeaders }: IncomingMessage): void {
    this.refused += 1;
    if (this.#reported.has(reason)) return;
    this.#reported.add(reason);
    const origin = rawHeaders.find((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "origin");
    this.#options.log.warn("a connection was refused; more of this kind are counted, not logged", {
      reason,
      origin: origin?.slice(0, 200),
    });
  }
}

function sharedOf(options: RpcServerOptions, limits: Limits, deviceClaim: DeviceClaim): Shared {
  const { world, log, access, events, handlers, tillStatus, version, capabilities = [] } = options;
  return {
    world,
    log,
    limits,
    access,
    handshake: { version, capabilities, events, tillStatus },
    deviceClaim,
    dispatch: callHandler({
      handlers,
      events,
      deviceClaim,
      discover: () => discover(version),
      ...(options.answerInTime && { answerInTime: options.answerInTime }),
    }),
  };
}

/** Made when it is asked for: the till needs it never, a developer now and then. */
async function discover(version: string) {
  const { openRpcDocument } = await import("../protocol/openrpc.ts");
  return openRpcDocument(version);
}

/** `onlyTo`: the one session that receives it, besides the console: that takes nothing, it shows what the scanner saw. */
function publishToAll(sessions: ReadonlySet<Session>, event: StampedEvent, onlyTo: string | undefined): void {
  const frame = Buffer.from(JSON.stringify(eventFrame(event)));
  const receives = ({ id, isConsole }: Session) => onlyTo === undefined || id === onlyTo || isConsole;
  for (const session of sessions) if (receives(session)) session.publish(frame);
}

function closeAll(sessions: readonly Session[], reason: string): void {
  for (const session of sessions) session.close(closeCodes.notAuthenticated, reason);
}

function countUnauthenticated(sessions: ReadonlySet<Session>): number {
  let count = 0;
  for (const session of sessions) if (session.clientId === undefined) count += 1;
  return count;
}
