import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorTable } from "../../daemon/protocol/errors.ts";
import { eventTable } from "../../daemon/protocol/events.ts";
import { standardErrorTable } from "../../daemon/protocol/json-rpc.ts";
import { methodTable } from "../../daemon/protocol/methods.ts";
import { errorsPage } from "../../scripts/docs/errors-page.ts";
import { generatedPages, pageText } from "../../scripts/docs/pages.ts";
import { protocolPage } from "../../scripts/docs/protocol-page.ts";
import { repeatableMethodsSource } from "../../scripts/docs/repeatable-methods.ts";
import { checkout } from "../support/imports.ts";

describe("the reference pages", () => {
  test.each(Object.keys(generatedPages))(
    "%s is what the tables say (else run: node scripts/generate-docs.ts)",
    async (file) => {
      const page = generatedPages[file];
      expect(await readFile(join(checkout, file), "utf8")).toBe(page && pageText(page));
    },
  );

  test("and the client's list of repeatable methods too", async () => {
    const source = await readFile(join(checkout, "daemon/protocol/repeatable-methods.ts"), "utf8");
    expect(source).toBe(repeatableMethodsSource());
  });

  test("show every method and event, each with its fields", () => {
    const page = protocolPage();
    for (const name of [...Object.keys(methodTable), ...Object.keys(eventTable)])
      expect(page).toContain(`### ${name}\n`);
    expect(page).toContain("| `sale.total` | [Money](#money) | yes |");
  });

  test("leave no link to a value that is not described", () => {
    const page = protocolPage();
    const links = [...page.matchAll(/\]\(#([a-z]+)\)/g)].map(([, name]) => name);
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, name = ""]) => name.toLowerCase());
    expect(links.filter((name) => !headings.includes(name ?? ""))).toEqual([]);
  });

  test("show every error once, with what to do", () => {
    const page = errorsPage();
    for (const [code, { number, hint }] of Object.entries({ ...errorTable, ...standardErrorTable })) {
      const rows = page.split("\n").filter((line) => line.startsWith(`| ${number} | \`${code}\``));
      expect(rows).toEqual([expect.stringContaining(hint)]);
    }
  });
});

describe("the error table", () => {
  test("gives no number twice, and none to ours below 1000", () => {
    const numbers = Object.values(errorTable).map((row) => row.number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.min(...numbers)).toBeGreaterThan(1_000);
  });

  test("leaves no number out: the row of an error that is no longer raised stays, so that its number is not used again", () => {
    const numbers = Object.values(errorTable).map((row) => row.number);
    expect(numbers).toEqual(numbers.map((_, index) => 1_001 + index));
  });
});
