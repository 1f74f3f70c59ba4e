import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { certifyCommand } from "../../daemon/devkit/certify/command.ts";
import { realWorld } from "../../daemon/world.ts";
import { installed } from "../support/installed.ts";

/** Only against what hangs: a certification is long. */
const timeout = 400_000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tillbridge-certify-test-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function certify(...argv: string[]) {
  const lines: string[] = [];
  const { PATH, HOME } = process.env;
  const context = {
    print: (line: string) => void lines.push(line),
    environment: { PATH, HOME },
    world: realWorld(),
    version: "1",
  };
  const code = await certifyCommand(argv, context);
  return { code, lines };
}

/** Forgets its payments, and believes that what is not refused is paid. */
async function spoil(file: string): Promise<void> {
  const right = await readFile(file, "utf8");
  const forgetful = right.replace("[saleId] ??= crypto", "[saleId] = crypto").replaceAll('"needsDecision"', '"paid"');
  expect(forgetful).not.toBe(right);
  await writeFile(file, forgetful.replace('? { outcome: "notPaid" }', '? { outcome: "paid" }'));
}

test("the POS of the guide passes every case, and the report says so", { timeout }, async () => {
  const client = await installed(folder, "docs/examples/certified-pos.mjs", "docs/examples/pos.mjs");
  const report = join(folder, "report.md");
  const { code, lines } = await certify("--client", client, "--report", report);
  expect(lines.filter((line) => !line.startsWith("pass"))).toEqual(["13 of 13 passed"]);
  expect(code).toBe(0);
  expect((await readFile(report, "utf8")).match(/\| passed \|/g)).toHaveLength(13);
});

test("a POS that forgets its payments and believes in luck is found out", { timeout }, async () => {
  const client = await installed(folder, "docs/examples/certified-pos.mjs", "docs/examples/pos.mjs");
  const cases = ["approve", "refuse", "cancel", "reload", "paid without receipt"];
  await spoil(join(folder, "docs/examples/pos.mjs"));
  const { code, lines } = await certify("--client", client, "--wait", "4", "--only", cases.join(","));
  const missing = lines.flatMap((line) => /^MISSING ([a-z ]+):/.exec(line)?.[1] ?? []);
  expect(code).toBe(1);
  expect(missing).toEqual(expect.arrayContaining(cases.slice(1)));
});

test("a case that there is none of is wrong usage, and the answer names those that there are", async () => {
  await expect(certify("--client", "package.json", "--only", "reload,miracle")).rejects.toThrow(/"miracle".*approve/);
});

test("a page needs a browser", async () => {
  const argv = ["--client", "http://127.0.0.1:1/", "--browser", "/nowhere/chromium"];
  await expect(certify(...argv)).rejects.toThrow("--browser must name Chromium, Chrome or Edge");
});

test.each([[[]], [["--client", "/nowhere/pos.mjs"]], [["--client", "package.json", "--wait", "0"]]])(
  "%j is wrong usage",
  async (argv) => {
    await expect(certify(...argv)).rejects.toThrow(/^--/);
  },
);

test("a report that cannot be written is told before anything is tried", async () => {
  const report = join(folder, "no folder", "report.md");
  await expect(certify("--client", "package.json", "--report", report)).rejects.toThrow(/cannot be written \(ENOENT\)/);
});
