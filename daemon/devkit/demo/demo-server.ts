import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { guard } from "../http/guard.ts";
import { listenOnLoopback, stopListening } from "../http/http-server.ts";
import { sendPage } from "./pages.ts";

/** What the page is told about the world around its till. */
export interface DemoInfo {
  readonly shop: string;
  /** Empty while the till has no power. */
  readonly daemonUrl: string;
  readonly token: string;
  readonly phoneUrl: string;
  readonly power: "on" | "off";
  readonly sticker: { readonly content: string; readonly id: string };
  readonly phoneNumber: string;
}

const scanRequest = z.union([
  z.strictObject({ ean: z.string().regex(/^\d{8,14}$/) }),
  z.strictObject({ sticker: z.literal(true) }),
  z.strictObject({ phoneNumber: z.string().regex(/^\d{9,15}$/) }),
]);
/** What the scanner shall read: goods, the sticker on the counter, or the code of a customer. */
export type ScanRequest = z.infer<typeof scanRequest>;
const powerRequest = z.strictObject({ on: z.boolean() });

/** What the page can do to the world around its till. */
export interface DemoPorts {
  readonly pageFolder: string;
  readonly phoneOrigin: string;
  outside(): DemoInfo;
  /** False when the scanner has no power, or there is no such code. */
  scan(what: ScanRequest): boolean;
  power(on: boolean): Promise<void>;
}

export interface DemoServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the till page. `portsFor` gets the address that the page will have. */
export async function serveDemo(port: number, portsFor: (url: string) => Promise<DemoPorts>): Promise<DemoServer> {
  let ports: DemoPorts | undefined;
  let url = "";
  const listening = await listenOnLoopback(port, async (request, response, body) => {
    if (ports) await answer(ports, url, request, response, body);
    else response.writeHead(503).end();
  });
  url = `http://127.0.0.1:${listening.port}`;
  try {
    ports = await portsFor(url);
  } catch (error) {
    await stopListening(listening.server);
    throw error;
  }
  return { url, close: () => stopListening(listening.server) };
}

/**
 * The token is in an answer that only our own page can read, never in an address. A page of another site, or one that comes by a
 * host name of its own that leads here, gets nothing and can do nothing.
 */
async function answer(
  ports: DemoPorts,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", url);
  const name = `${request.method ?? ""} ${pathname}`;
  if (request.method === "GET" && pathname === "/" && request.headers.host !== new URL(url).host) {
    // The daemon knows the page by one address only.
    response.writeHead(307, { location: `${url}/` }).end();
  } else if (request.method === "GET" && !pathname.startsWith("/demo/")) {
    await sendPage(ports.pageFolder, pathname, ports.phoneOrigin, response);
  } else if (!guard(request, url) || (request.method === "POST" && !fromOurPage(request, url))) {
    response.writeHead(403).end();
  } else if (name === "GET /demo/outside") {
    response
      .writeHead(200, { "content-type": "application/json", "cache-control": "no-store" })
      .end(JSON.stringify(ports.outside()));
  } else if (name === "POST /demo/scan") {
    const what = scanRequest.safeParse(json(body)).data;
    response.writeHead(what === undefined ? 400 : ports.scan(what) ? 204 : 409).end();
  } else if (name === "POST /demo/power") {
    const asked = powerRequest.safeParse(json(body)).data;
    if (asked) await ports.power(asked.on);
    response.writeHead(asked ? 204 : 400).end();
  } else {
    response.writeHead(404).end();
  }
}

/** A form of another site cannot send JSON without asking first, and no browser lets a page lie about its origin. */
function fromOurPage(request: IncomingMessage, url: string): boolean {
  return request.headers.origin === url && request.headers["content-type"] === "application/json";
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
