import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";

const files: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  "/": { name: "index.html", type: "text/html; charset=utf-8" },
  "/main.js": { name: "main.js", type: "text/javascript; charset=utf-8" },
  "/style.css": { name: "style.css", type: "text/css; charset=utf-8" },
  "/inter.woff2": { name: "inter.woff2", type: "font/woff2" },
};

/** Sends a file of the demo till's page, or 404. The page may load nothing but itself, the phone beside it and the daemon. */
export async function sendPage(
  folder: string,
  path: string,
  phoneOrigin: string,
  response: ServerResponse,
): Promise<void> {
  const file = Object.hasOwn(files, path) ? files[path] : undefined;
  const content = file && (await readFile(join(folder, file.name)).catch(() => undefined));
  if (!file || !content) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { ...headers(phoneOrigin), "content-type": file.type }).end(content);
}

function headers(phoneOrigin: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src data:",
    "connect-src 'self' ws://127.0.0.1:*",
    `frame-src ${phoneOrigin}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return {
    "content-security-policy": policy,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
  };
}
