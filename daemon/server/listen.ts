import { once } from "node:events";
import { createServer as createHttp, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import type { Logger } from "../log/logger.ts";
import type { Limits } from "./limits.ts";
import { errorCode } from "../errno.ts";

/** PEM texts. With them the till answers on `wss:` and `https:` only. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** The port cannot be had. The message is one line for the person who starts the daemon. */
export class ListenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ListenError";
  }
}

/** One that is free on both addresses is found at the first try, nearly always. */
const freePortTriesMax = 20;
const addresses = ["127.0.0.1", "::1"] as const;

/**
 * Listens on both loopback addresses and nothing else; there is no setting for another one. Port 0: one that is free on both. A port
 * that is taken is an error: on another one a page would talk to the program that has this one. Throws `ListenError`.
 */
export async function listen(
  port: number,
  make: () => Server,
  log: Logger,
): Promise<{ readonly port: number; readonly servers: readonly Server[] }> {
  for (let tries = 1; ; tries += 1) {
    const first = make();
    await listenOn(first, addresses[0], port);
    const chosen = portOf(first);
    try {
      const second = make();
      const hasSecond = await listenUnlessAbsent(second, addresses[1], chosen, log);
      return { port: chosen, servers: hasSecond ? [first, second] : [first] };
    } catch (error) {
      first.close();
      await once(first, "close");
      if (port !== 0 || tries === freePortTriesMax) throw error;
    }
  }
}

export function makeServer(tls: Tls | undefined, limits: Limits): Server {
  const options = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleHttpMs,
    connectionsCheckingInterval: 1_000,
    insecureHTTPParser: false,
    // The guard refuses a missing Host together with the wrong ones.
    requireHostHeader: false,
  };
  const server = tls ? createHttps({ ...options, ...tls, handshakeTimeout: limits.headersMs }) : createHttp(options);
  server.maxConnections = limits.connectionsMax;
  return server;
}

async function listenOn(server: Server, host: string, port: number): Promise<void> {
  server.listen({ host, port, ipv6Only: true });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new ListenError(whyNot(host, port, errorCode(error)));
  }
}

/** A machine without IPv6 has no `::1` that anybody could listen on. */
async function listenUnlessAbsent(server: Server, host: string, port: number, log: Logger): Promise<boolean> {
  server.listen({ host, port, ipv6Only: true });
  try {
    await once(server, "listening");
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code !== "EADDRNOTAVAIL" && code !== "EAFNOSUPPORT") throw new ListenError(whyNot(host, port, code));
    log.warn("this machine has no IPv6 loopback address; listening on 127.0.0.1 only", { code });
    return false;
  }
}

function whyNot(host: string, port: number, code: string): string {
  if (code === "EADDRINUSE")
    return `port ${port} on ${host} is taken by another program: stop it, or set listen.port to another port`;
  if (code === "EACCES") return `this account may not listen on port ${port}: set listen.port to 1024 or more`;
  return `cannot listen on ${host} port ${port} (${code})`;
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new ListenError("the system gave no port");
  return address.port;
}
