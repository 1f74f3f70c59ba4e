import { createServer, type Server } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { Program, runProgram } from "../support/program.ts";

const unit = { merchantSerialNumber: "123456", url: "https://relay.example.com/123456" };
let folder: string;
let port: number;
let taken: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relay-command-"));
  port = await freePort();
});
afterEach(async () => {
  taken?.close();
  taken = undefined;
  await rm(folder, { recursive: true });
});

/** Settings of a relay whose broker is away. */
async function configFile(change: Record<string, unknown> = {}): Promise<string> {
  const file = join(folder, "relay.json");
  const config = {
    listen: { port },
    broker: { url: "mqtt://127.0.0.1:1", username: "relay", password: "canary-password" },
    salesUnits: [{ ...unit, secret: "canary-secret" }],
    ...change,
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

test("says where it listens, is degraded without its broker, and stops in order", async () => {
  const relay = new Program(["relay", "--config", await configFile()]);
  expect(await relay.firstLine).toBe(`tillbridge relay ready 127.0.0.1:${port}`);
  const health = await fetch(`http://127.0.0.1:${port}/health`);
  expect([health.status, await health.json()]).toEqual([503, { status: "degraded" }]);
  const { code, stderr } = await relay.stop();
  expect(code).toBe(0);
  expect(stderr).toContain("the broker cannot be reached");
  expect(stderr).not.toContain("canary");
});

test.each([
  [
    "a sales unit without a secret",
    { salesUnits: [unit] },
    2,
    "salesUnits[0] must have either a secret or registrations",
  ],
  [
    "a sales unit with two",
    { salesUnits: [{ ...unit, secret: "canary", registrations: "x" }] },
    2,
    "salesUnits[0] must have either a secret or registrations",
  ],
  ["settings of a till", { till: {} }, 2, "till is not a setting; allowed here: listen, broker, salesUnits, log"],
  [
    "certificates that are not there",
    { broker: { url: "mqtts://127.0.0.1:1", username: "a", password: "canary", ca: "none.pem" } },
    1,
    "the certificates that broker.ca names cannot be read",
  ],
  [
    "a key that is not there",
    { listen: { port: 8456, tls: { certificate: "none.pem", key: "none.key" } } },
    1,
    "the certificate and key that listen.tls names cannot be read",
  ],
])("does not start with %s", async (_what, change, code, said) => {
  const ended = await runProgram(["relay", "--config", await configFile(change)]);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toContain(said);
  expect(ended.stderr).not.toContain("canary");
});

test("does not go to another port when its own is taken", async () => {
  taken = createServer().listen(port, "127.0.0.1");
  await once(taken, "listening");
  const ended = await runProgram(["relay", "--config", await configFile()]);
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toContain(`cannot listen for webhooks on 127.0.0.1 port ${port} (EADDRINUSE)`);
});
