import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkout } from "../support/imports.ts";
import { attackGroups } from "./table.ts";

const attacks = Object.values(attackGroups).flat();

describe("the table of attacks", () => {
  test("names A01 to A68, each once and in order", () => {
    const numbers = Array.from({ length: 68 }, (_, index) => `A${String(index + 1).padStart(2, "0")}`);
    expect(attacks.map((it) => it.number)).toEqual(numbers);
  });

  test.each(attacks.map((it) => [it.number, it] as const))(
    "%s is tested where it says, or says why not",
    async (_, it) => {
      if (it.proofs.length === 0) expect(it.why).toMatch(/^(Not yet|Does not apply)/);
      for (const [file, title] of it.proofs) expect(await titlesIn(file)).toContain(title);
    },
  );
});

/** Only what stands in a title counts, not a word in a comment. */
async function titlesIn(file: string): Promise<string> {
  const source = await readFile(join(checkout, file), "utf8");
  const calls = source.matchAll(/\b(?:test|it|describe)\b[^"'`;]*|\]\)\(/g);
  return [...calls].map(({ index }) => source.slice(index, index + 400)).join("\n");
}
