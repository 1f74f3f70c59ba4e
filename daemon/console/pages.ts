import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "../rpc/http.ts";

const files: Readonly<Record<string, { readonly name: string; readonly contentType: string }>> = {
  "/": { name: "index.html", contentType: "text/html; charset=utf-8" },
  "/main.js": { name: "main.js", contentType: "text/javascript; charset=utf-8" },
  "/style.css": { name: "style.css", contentType: "text/css; charset=utf-8" },
  "/inter.woff2": { name: "inter.woff2", contentType: "font/woff2" },
};

const notBuilt: Page = {
  contentType: "text/plain; charset=utf-8",
  body: "Tillbridge runs. Its console has not been built: run scripts/setup, or ask at /health.\n",
};

/** The console's files, read when they are first asked for: a till whose console nobody opens does not keep it in memory. */
export function consolePages(): (path: string) => Page | undefined {
  const kept = new Map<string, Page>();
  return (path) => {
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (!file) return undefined;
    const page = kept.get(path) ?? read(file);
    if (page) kept.set(path, page);
    return page ?? (path === "/" ? notBuilt : undefined);
  };
}

function read({ name, contentType }: { name: string; contentType: string }): Page | undefined {
  for (const place of places()) {
    try {
      return { contentType, body: readFileSync(join(place, name)) };
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** Beside this file when bundled, also as a chunk; else in the checkout's dist. */
function places(): string[] {
  return ["pages/console", "../pages/console", "../../dist/pages/console"].map((place) =>
    join(import.meta.dirname, place),
  );
}
