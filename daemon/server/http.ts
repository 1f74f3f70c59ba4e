import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What GET answers with. Each must be safe for anybody on this machine to read: no secrets, no names of customers. */
export interface Pages {
  health(): { readonly status: "ok" | "degraded" };
  /** Prometheus text format. */
  metrics(): string;
  /** `/` and what it loads. Undefined: there is no such page. */
  page(path: string): HttpPage | undefined;
}

export interface HttpPage {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

const text = "text/plain; charset=utf-8";

/**
 * Nothing is loaded from elsewhere, nothing is framed, nothing is kept, no foreign page reads it. There is no header that would
 * open a door (Access-Control-*): a stranger's preflight finds nothing.
 */
const safeHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

/** Answers a request that the guard has admitted. No GET changes anything: a link can make any browser send one. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, pages: Pages): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return send(response, 405, { contentType: text, body: "Only GET is answered here.\n" });
  }
  const page = pageFor(request.url ?? "", pages);
  if (page) return send(response, 200, page);
  send(response, 404, { contentType: text, body: "There is no such page.\n" });
}

export function refuseHttp(response: ServerResponse, words: string): void {
  send(response, 403, { contentType: text, body: `${words}\n` });
}

/** For an upgrade: there is no response object yet, only the socket. */
export function refuseUpgrade(
  socket: Duplex,
  status: "403 Forbidden" | "404 Not Found" | "503 Service Unavailable",
  words: string,
): void {
  const head = {
    ...safeHeaders,
    "Content-Type": text,
    "Content-Length": Buffer.byteLength(words) + 1,
    Connection: "close",
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${words}\n`, () => socket.destroy());
}

function pageFor(path: string, pages: Pages): HttpPage | undefined {
  switch (path) {
    case "/health":
      return { contentType: "application/json; charset=utf-8", body: `${JSON.stringify(pages.health())}\n` };
    case "/metrics":
      return { contentType: "text/plain; version=0.0.4; charset=utf-8", body: pages.metrics() };
    default:
      return pages.page(path);
  }
}

function send(response: ServerResponse, status: number, { contentType, body }: HttpPage): void {
  response.writeHead(status, {
    ...safeHeaders,
    "Content-Type": contentType,
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}
