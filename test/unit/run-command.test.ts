import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runProgram } from "../../daemon/cli/program.ts";
import { type Daemon, startDaemon } from "../../daemon/daemon.ts";
import { realWorld } from "../../daemon/world.ts";

vi.mock("../../daemon/daemon.ts", () => ({ startDaemon: vi.fn<typeof startDaemon>() }));

let file = "";
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "run-command-test-")), "tillbridge.json");
  const keys = { clientId: "id", clientSecret: "secret", subscriptionKey: "key" };
  const mobilepay = { baseUrl: "http://127.0.0.1:9", merchantSerialNumber: "123456", ...keys };
  await writeFile(file, JSON.stringify({ till: { id: "kassa-1", name: "Kassa 1" }, dataDir: "data", mobilepay }));
});
afterEach(() => rm(join(file, ".."), { recursive: true }));

/** Runs the service as if it had been asked to stop at once, in a world where waiting takes no time. */
async function runAndStop(daemon: Promise<Daemon>) {
  vi.mocked(startDaemon).mockReturnValue(daemon);
  const stderr = new PassThrough();
  const code = await runProgram(["run", "--config", file], {
    environment: {},
    nodeOptions: [],
    world: { ...realWorld(), sleep: () => new Promise((resolve) => setImmediate(resolve)) },
    stop: AbortSignal.abort(),
    stdin: () => new PassThrough(),
    isTerminal: false,
    stderr,
    print: () => undefined,
    complain: () => undefined,
    onCrash: () => undefined,
    kill: () => undefined,
  });
  stderr.end();
  return { code, log: await text(stderr) };
}

const never = new Promise<never>(() => undefined);

describe("whatever hangs, the process ends when it is asked to", () => {
  test("a start that never comes to an end", async () => {
    const { code, log } = await runAndStop(never);
    expect(code).toBe(1);
    expect(log).toContain("did not stop in time");
  });

  test("a stop that never comes to an end", async () => {
    const { code, log } = await runAndStop(Promise.resolve({ port: 8455, isBusy: () => false, stop: () => never }));
    expect(code).toBe(1);
    expect(log).toContain("did not stop in time");
  });
});
