import { randomInt } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorCode } from "../../errno.ts";

/** Answers one request. The body has been read; `body` is its text. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse, body: string) => Promise<void>;

const bodyBytesMax = 262_144;

/** Listens on 127.0.0.1 only. Port 0 picks a free one. */
export async function listenOnLoopback(port: number, handle: HttpHandler): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    void serve(request, response, handle);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  // A server listening on a TCP port has an address of this kind.
  return { server, port: (server.address() as AddressInfo).port };
}

/** Below those that systems give out by themselves (from 32768): until it is used nobody else is given one of these. */
const [lowestPort, highestPort] = [11_000, 32_000];

/** A port on 127.0.0.1 that is free, for one who listens on it later. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowestPort, highestPort);
    const listening = await listenOnLoopback(port, async (_request, response) => void response.end()).catch(inUse);
    if (listening === undefined) continue;
    await stopListening(listening.server);
    return port;
  }
}

function inUse(error: unknown): undefined {
  if (errorCode(error) !== "EADDRINUSE") throw error;
}

/** Stops listening and breaks what is still connected. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, handle: HttpHandler): Promise<void> {
  response.on("error", () => response.destroy());
  try {
    const body = await readBody(request);
    if (body === undefined) response.writeHead(413, { connection: "close" }).end();
    else await handle(request, response, body);
  } catch {
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The headers of a request as one text each, names in lower case. */
export function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(",") : (value ?? ""),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}
