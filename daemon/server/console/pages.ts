import { readFileSync } from "node:fs";
import { findAbove } from "../../find-above.ts";
import type { HttpPage } from "../http.ts";

const files: Readonly<Record<string, { readonly name: string; readonly contentType: string }>> = {
  "/": { name: "index.html", contentType: "text/html; charset=utf-8" },
  "/main.js": { name: "main.js", contentType: "text/javascript; charset=utf-8" },
  "/style.css": { name: "style.css", contentType: "text/css; charset=utf-8" },
  "/inter.woff2": { name: "inter.woff2", contentType: "font/woff2" },
};

const notBuilt: HttpPage = {
  contentType: "text/plain; charset=utf-8",
  body: "Tillbridge runs. Its console has not been built: run scripts/setup, or ask at /health.\n",
};

/** The console's files, read when they are first asked for: a till whose console is not opened does not keep it in memory. */
export function consolePages(): (path: string) => HttpPage | undefined {
  const kept = new Map<string, HttpPage>();
  return (path) => {
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (!file) return undefined;
    const page = kept.get(path) ?? read(file);
    if (page) kept.set(path, page);
    return page ?? (path === "/" ? notBuilt : undefined);
  };
}

/** Undefined when the console has not been built. */
function read({ name, contentType }: { name: string; contentType: string }): HttpPage | undefined {
  const file = findAbove(import.meta.dirname, [`pages/console/${name}`, `dist/pages/console/${name}`]);
  return file === undefined ? undefined : { contentType, body: readFileSync(file) };
}
