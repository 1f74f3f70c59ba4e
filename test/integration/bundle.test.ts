import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { defaultCredentials } from "../../daemon/devkit/simulator/sales-unit.ts";
import { startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { type Bundle, openBundle } from "../support/bundle.ts";
import { freePort } from "../support/free-port.ts";
import { installed } from "../support/installed.ts";
import { Till } from "../support/till.ts";

// What a shop has is the built program: bundled modules behave otherwise than their sources where they are loaded.

let bundle: Bundle;
beforeAll(async () => {
  bundle = await openBundle();
});
afterAll(() => bundle.remove());

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-bundle-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The built program, to its end. */
async function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, TMPDIR: tmpdir(), ...environment };
  const main = join(bundle.folder, "main.mjs");
  return promisify(execFile)(process.execPath, [main, ...words], { env, maxBuffer: 4_000_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}

async function simulatedUrl(): Promise<string> {
  const simulator = await startSimulator({ world: realWorld() });
  onTestFinished(() => simulator.close());
  return simulator.url;
}

async function settings(baseUrl: string, change: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const folder = await ownFolder();
  const file = join(folder, "tillbridge.json");
  const till = { id: "kassa-1", name: "Kassa 1" };
  const mobilepay = { ...defaultCredentials, baseUrl, ...change };
  const text = JSON.stringify({ till, dataDir: join(folder, "data"), listen: { port: await freePort() }, mobilepay });
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

async function doctor(baseUrl: string, change: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return (await run(["doctor", "--config", await settings(baseUrl, change)])).stdout;
}

describe("the doctor, as it is built", () => {
  test("finds that MobilePay answers, and takes the keys of this sales unit", async () => {
    const said = await doctor(await simulatedUrl());
    for (const name of ["reachable", "keys", "salesUnit"])
      expect(said).toMatch(new RegExp(`^ok +mobilepay\\.${name} `, "m"));
  });

  test("names the cause when nobody answers, when there is no such name, and when the keys are dead", async () => {
    expect(await doctor(`http://127.0.0.1:${await freePort()}`)).toMatch(
      /^failed +mobilepay\.reachable .*ECONNREFUSED/m,
    );
    expect(await doctor("https://mobilepay.invalid")).toMatch(/^failed +mobilepay\.reachable .*cannot be looked up/m);
    expect(await doctor(await simulatedUrl(), { clientSecret: "dead" })).toMatch(/^failed +mobilepay\.keys /m);
  });
});

test("setup, as it is built, tries the keys, writes the settings and lets the page in", async () => {
  const folder = await ownFolder();
  const keys = Object.entries({ id: "clientId", secret: "clientSecret", key: "subscriptionKey" } as const);
  for (const [name, key] of keys) await writeFile(join(folder, name), defaultCredentials[key], { mode: 0o600 });
  const file = join(folder, "etc.json");
  const words = ["--till-id", "kassa-1", "--till-name", "Kassa 1", "--msn", defaultCredentials.merchantSerialNumber];
  const files = ["--client-id-file", join(folder, "id"), "--client-secret-file", join(folder, "secret")];
  const rest = ["--subscription-key-file", join(folder, "key"), "--devices", "none", "--no-service"];
  const url = ["--base-url", await simulatedUrl(), "--origin", "https://pos.example.com"];
  const ended = await run(["setup", "--config", file, ...words, ...files, ...rest, ...url]);
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok +mobilepay\.salesUnit /m) });
  expect(JSON.parse((await readFile(file, "utf8")).replaceAll(/^\/\/.*$/gm, ""))).toMatchObject({
    mobilepay: { merchantSerialNumber: defaultCredentials.merchantSerialNumber },
  });
});

test("attack, as it is built, tries a till that sells to the simulator, and all of it holds", async () => {
  const till = await Till.open({ runs: "process", program: join(bundle.folder, "main.mjs") });
  onTestFinished(() => till.close());
  const url = `ws://127.0.0.1:${till.port}/v1`;
  const { code, stdout } = await run(["attack", "--url", url, "--simulator"], { TILLBRIDGE_TOKEN: till.token });
  expect(stdout).toMatch(/\d+ held, 0 broken/);
  expect(code).toBe(0);
});

test("certify, as it is built, drives a POS through a sale by phone number", async () => {
  const client = await installed(await ownFolder(), "docs/examples/certified-pos.mjs", "docs/examples/pos.mjs");
  const { code, stdout } = await run(["certify", "--client", client, "--only", "approve,refuse"]);
  expect(stdout).toContain("2 of 2 passed");
  expect(code).toBe(0);
});

test("none of Node's own modules is wrapped where it is loaded when it is needed: of a wrapped one every name is undefined", async () => {
  const loaded = await importedFrom("main.mjs");
  expect(loaded.size).toBeGreaterThan(50);
  expect([...loaded].filter((file) => /(?:^|[/_])(?:node_)?https?-[A-Z0-9]+\.mjs$/.test(file))).toEqual([]);
});

/** Every file of the bundle that this one comes to import; others may lie there from before. */
async function importedFrom(file: string, found = new Set<string>()): Promise<Set<string>> {
  found.add(file);
  const source = await readFile(join(bundle.folder, file), "utf8");
  for (const [, imported = ""] of source.matchAll(/(?:from|import\(|import) ?"(\.\.?\/[^"]+\.mjs)"/g)) {
    const next = join(dirname(file), imported);
    if (!found.has(next)) await importedFrom(next, found);
  }
  return found;
}
