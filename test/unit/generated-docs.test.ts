import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { errorTable } from "../../daemon/protocol/errors.ts";
import { eventTable } from "../../daemon/protocol/events.ts";
import { standardErrorTable } from "../../daemon/protocol/json-rpc.ts";
import { methodTable } from "../../daemon/protocol/methods.ts";
import { checkout } from "../support/imports.ts";

const pageOf = (file: string) => readFile(join(checkout, file), "utf8");

/** Names of files that are not what the tables say. */
async function outdated(): Promise<string[]> {
  const words = [join(checkout, "scripts/generate-docs.ts"), "--check"];
  const { stdout } = await promisify(execFile)(process.execPath, words).catch((error: { stdout: string }) => error);
  return stdout.split("\n").filter(Boolean);
}

describe("the reference pages", () => {
  let others: string[];
  beforeAll(async () => {
    others = await outdated();
  });

  const pages = ["docs/config.md", "docs/errors.md", "docs/protocol.md", "docs/security.md"];
  test.each([...pages, "daemon/protocol/repeatable-methods.ts"])(
    "%s is what the tables say (else run: node scripts/generate-docs.ts)",
    (file) => expect(others).not.toContain(file),
  );

  test("and whatever else is made from tables is what they say", () => expect(others).toEqual([]));

  test("show every method and event, each with its fields", async () => {
    const page = await pageOf("docs/protocol.md");
    for (const name of [...Object.keys(methodTable), ...Object.keys(eventTable)])
      expect(page).toContain(`### ${name}\n`);
    expect(page).toContain("| `sale.total` | [Money](#money) | yes |");
  });

  test("leave no link to a value that is not described", async () => {
    const page = await pageOf("docs/protocol.md");
    const links = [...page.matchAll(/\]\(#([a-z]+)\)/g)].map(([, name]) => name);
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, name = ""]) => name.toLowerCase());
    expect(links.filter((name) => !headings.includes(name ?? ""))).toEqual([]);
  });

  test("show every error once, with what to do", async () => {
    const page = await pageOf("docs/errors.md");
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
});
