import { once } from "node:events";
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttps } from "node:https";
import type { Logger } from "../log/logger.ts";
import type { World } from "../world.ts";
import type { WebhookAnswer, Receiver } from "./receiver.ts";
import { withDeadline } from "../deadline.ts";
import { errorCode } from "../errno.ts";

export interface WebhookServerOptions {
  /** PEM texts. */
  readonly listen: { readonly address: string; readonly port: number; readonly tls?: { cert: string; key: string } };
  readonly receiver: Receiver;
  /** What `GET /health` answers, for load balancers. */
  readonly health?: () => { readonly status: "ok" | "degraded" };
  readonly world: World;
  readonly log: Logger;
}

export interface WebhookServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The address for webhooks cannot be had. One line for the person who starts the program. */
export class WebhookListenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WebhookListenError";
  }
}

/** A check-in has about 500 bytes, a payment's event about 700. */
const bodyBytesMax = 16_384;
/** MobilePay's and a proxy's headers together have about 2 KB. */
const headerBytesMax = 8_192;
/** Proxies keep connections open: more than any of them does by default. */
const connectionsMax = 2_048;
/** Twenty seconds of the busiest chain that was measured (docs/check-ins.md); more are answered 503, and MobilePay sends them again. */
const underWayMax = 1_000;
/** A webhook comes in one or two packets: a client that needs longer is not MobilePay. */
const requestMs = 5_000;
/** MobilePay waits ten seconds. */
const answerMsMax = 8_000;
/** Longer than most proxies keep an idle connection, so that theirs is the decision. */
const idleMs = 75_000;
/** What is under way is answered within milliseconds; a connection that only stays open is not waited for. */
const closeMsMax = 1_000;

/** Listens for MobilePay's webhooks, from any client. Throws `WebhookListenError`. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { address, port, tls } = options.listen;
  const server = makeServer(tls, handlerFor(options));
  try {
    server.listen({ host: address, port });
    await once(server, "listening");
  } catch (error) {
    const code = errorCode(error);
    throw new WebhookListenError(`cannot listen for webhooks on ${address} port ${port} (${code})`);
  }
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : port,
    close: () => close(server, options.world),
  };
}

function makeServer(tls: { cert: string; key: string } | undefined, handle: RequestListener): Server {
  const limits = {
    maxHeaderSize: headerBytesMax,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: 1_000,
    insecureHTTPParser: false,
  };
  const server = tls
    ? createHttps({ ...limits, ...tls, minVersion: "TLSv1.2", handshakeTimeout: requestMs }, handle)
    : createHttp(limits, handle);
  server.maxConnections = connectionsMax;
  return server;
}

/** What is under way is answered, within reason. */
async function close(server: Server, world: World): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  await withDeadline(world, closeMsMax, closed, () => undefined);
  server.closeAllConnections();
  await closed;
}

function handlerFor(options: WebhookServerOptions): RequestListener {
  let underWay = 0;
  return (request, response) => {
    response.on("error", () => response.destroy());
    if (underWay >= underWayMax) return send(response, { status: 503 });
    underWay += 1;
    void answer(options, request, response).finally(() => {
      underWay -= 1;
    });
  };
}

async function answer(options: WebhookServerOptions, request: IncomingMessage, response: ServerResponse) {
  const { receiver, health, log } = options;
  const { method, url: path = "" } = request;
  try {
    if (health && method === "GET" && path === "/health") return sendHealth(response, health());
    if (!receiver.knows(path)) return refuse(request, response, { status: 404 });
    if (method !== "POST") return refuse(request, response, { status: 405 });
    const body = await bodyOf(request);
    if (body === undefined) return refuse(request, response, { status: 413 });
    send(response, await receiveInTime(options, path, request, body));
  } catch (error) {
    // A request that broke off half way is no mistake of ours.
    if (request.complete) log.error("a webhook could not be handled", { error });
    if (response.headersSent) response.destroy();
    else refuse(request, response, { status: request.complete ? 500 : 400 });
  }
}

function receiveInTime(
  { receiver, world }: WebhookServerOptions,
  path: string,
  { headers }: IncomingMessage,
  body: Uint8Array,
): Promise<WebhookAnswer> {
  return withDeadline(world, answerMsMax, receiver.receive(path, { headers, body }), () => ({ status: 503 }));
}

/** Undefined when it is longer than it may be; the rest is not read. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > bodyBytesMax) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What is left of the request is not waited for. */
function refuse(request: IncomingMessage, response: ServerResponse, answer: WebhookAnswer): void {
  if (!request.complete) response.setHeader("Connection", "close");
  send(response, answer);
}

function send(response: ServerResponse, { status, body = "" }: WebhookAnswer): void {
  response.writeHead(status, {
    "Content-Type": body === "" ? "text/plain" : "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}

function sendHealth(response: ServerResponse, health: { readonly status: "ok" | "degraded" }): void {
  send(response, { status: health.status === "ok" ? 200 : 503, body: JSON.stringify(health) });
}
