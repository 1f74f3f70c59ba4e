import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";

const files: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  "/phone/": { name: "index.html", type: "text/html; charset=utf-8" },
  "/phone/main.js": { name: "main.js", type: "text/javascript; charset=utf-8" },
  "/phone/style.css": { name: "style.css", type: "text/css; charset=utf-8" },
  "/phone/inter.woff2": { name: "inter.woff2", type: "font/woff2" },
};

const headers = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  // The demo's page shows the phone in a frame; nobody else may.
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; frame-ancestors http://127.0.0.1:* http://localhost:*",
};

/** Serves the customer's phone from `<pagesDir>/phone`. */
export async function servePage(
  pagesDir: string | undefined,
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (target.pathname === "/phone") {
    response.writeHead(308, { location: `/phone/${target.search}` }).end();
    return;
  }
  const file = Object.hasOwn(files, target.pathname) ? files[target.pathname] : undefined;
  const content =
    file && pagesDir !== undefined && request.method === "GET"
      ? await read(join(pagesDir, "phone", file.name))
      : undefined;
  if (!file || !content) response.writeHead(404).end();
  else response.writeHead(200, { ...headers, "content-type": file.type }).end(content);
}

async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch {
    return undefined;
  }
}
