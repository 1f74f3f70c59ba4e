import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { errorTable } from "../../daemon/protocol/errors.ts";
import { standardErrorTable } from "../../daemon/protocol/json-rpc.ts";
import { languages } from "../../daemon/protocol/words/languages.ts";
import { sayError, sayState, wordsFor } from "../../daemon/protocol/words/words.ts";
import { checkout } from "../support/imports.ts";

describe("words for the cashier", () => {
  test.each(languages)("in %s exist for every error, and fit on two lines of a page", (language) => {
    for (const code of Object.keys({ ...errorTable, ...standardErrorTable }))
      expect(sayError({ code }, language)).toMatch(/^\p{Lu}.{10,140}\.$/u);
  });

  test.each(languages)("in %s tell every state of the connection from every other", (language) => {
    const said = [
      sayState({ name: "connecting" }, language),
      sayState({ name: "notRunning" }, language),
      sayState({ name: "notRunning", permission: "prompt" }, language),
      sayState({ name: "stopping" }, language),
      sayState({ name: "blocked", permission: "prompt" }, language),
      sayState({ name: "blocked", permission: "denied" }, language),
      ...(["refused", "tooOld", "wrongTill", "ready"] as const).map((name) => wordsFor(language)[name]),
    ];
    expect(new Set(said).size).toBe(said.length);
  });

  test.each(languages)("in %s are promised by the docs", async (language) => {
    const [name = ""] = new Intl.DisplayNames("en", { type: "language" }).of(language)?.split(" ") ?? [];
    for (const page of ["docs/frontend.md", "docs/console.md"])
      expect(await readFile(join(checkout, page), "utf8"), page).toContain(name);
  });

  test("no two languages say the same", () => {
    const said = languages.map((language) => Object.values(wordsFor(language)).join());
    expect(new Set(said).size).toBe(languages.length);
  });

  test.each([
    ["da-DK", "da"],
    ["no", "nb"],
    ["nn-NO", "nb"],
    ["FI", "fi"],
    ["de", "en"],
    ["", "en"],
    ["constructor", "en"],
  ])("for %j are those of %s", (locale, language) => {
    expect(wordsFor(locale)).toBe(wordsFor(language));
  });

  test("for an error of a later version are left to the caller", () => {
    expect(sayError({ code: "NEVER_HEARD_OF" }, "da")).toBeUndefined();
    expect(sayError({ code: "toString" }, "da")).toBeUndefined();
  });
});

test("the client with all words is under 10 KiB gzipped", async () => {
  const both = 'export * from "./daemon/protocol/client.ts"; export * from "./daemon/protocol/words/words.ts";';
  const { outputFiles } = await build({
    stdin: { contents: both, resolveDir: process.cwd() },
    bundle: true,
    format: "esm",
    charset: "utf8",
    platform: "neutral",
    minify: true,
    write: false,
  });
  expect(gzipSync(outputFiles[0]?.contents ?? "").length).toBeLessThan(10_240);
});
