import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { accessCommand } from "../../daemon/cli/access/command.ts";
import { type BridgeClient, connect, type StampedEvent } from "../../daemon/protocol/client.ts";
import { type Simulator, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { openPty, type Pty } from "../support/pty.ts";

/** The shipped program as a process of its own, MobilePay's stand-in, and a page. */
export interface BenchTill {
  readonly client: BridgeClient;
  readonly simulator: Simulator;
  readonly scanner: Pty;
  readonly startMs: readonly number[];
  /** Resolves with the next event that fits. */
  readonly next: (fits: (event: StampedEvent) => boolean) => Promise<StampedEvent>;
  residentMegabytes(): Promise<number>;
  close(): Promise<void>;
}

const starts = 8;
/** How scripts/tillbridge starts it. */
const asShipped = ["--max-semi-space-size=1", "dist/main.mjs"];

/** `folder/data` may hold a filled journal. The program is started several times: each start is timed. */
export async function openBenchTill(folder: string): Promise<BenchTill> {
  const simulator = await startSimulator({ world: realWorld() });
  const scanner = await openPty();
  const configFile = join(folder, "tillbridge.json");
  await writeFile(configFile, JSON.stringify(configFor(simulator, scanner, folder)), { mode: 0o600 });
  const printed: string[] = [];
  await accessCommand(["add", "--name", `bench-${Date.now()}`], {
    dataDir: join(folder, "data"),
    print: (line) => printed.push(line),
  });
  const startMs: number[] = [];
  for (let index = 0; index < starts; index += 1) {
    const { child, took } = await start(configFile);
    startMs.push(took);
    await end(child);
  }
  const { child, port } = await start(configFile);
  const listeners = new Set<(event: StampedEvent) => void>();
  const client = await page(port, printed.at(-1) ?? "", (event) => {
    for (const listener of listeners) listener(event);
  });
  return {
    client,
    simulator,
    scanner,
    startMs,
    next: (fits) =>
      new Promise((resolve) => {
        const listener = (event: StampedEvent) => {
          if (!fits(event)) return;
          listeners.delete(listener);
          resolve(event);
        };
        listeners.add(listener);
      }),
    residentMegabytes: () => residentMegabytes(child),
    async close() {
      client.close();
      await end(child);
      await simulator.close();
      await scanner.remove();
    },
  };
}

async function start(configFile: string): Promise<{ child: ChildProcess; port: number; took: number }> {
  const from = performance.now();
  const child = spawn(process.execPath, [...asShipped, "run", "--config", configFile], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, port: Number(/:(\d+)\/v1$/.exec(line)?.[1]), took: performance.now() - from };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill();
  if (child.exitCode === null) await once(child, "exit");
}

async function page(port: number, token: string, onEvent: (event: StampedEvent) => void): Promise<BridgeClient> {
  const ready = Promise.withResolvers<void>();
  const client = connect({
    url: `ws://127.0.0.1:${port}/v1`,
    token,
    client: { name: "bench", version: "1" },
    onEvent,
    onState: ({ name }) => name === "ready" && ready.resolve(),
  });
  await ready.promise;
  return client;
}

async function residentMegabytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

function configFor(simulator: Simulator, scanner: Pty, folder: string) {
  const { clientId, clientSecret, subscriptionKey, merchantSerialNumber } = simulator.platform.unit.credentials;
  return {
    till: { id: "bench", name: "Bench" },
    dataDir: join(folder, "data"),
    listen: { port: 0 },
    mobilepay: { baseUrl: simulator.url, merchantSerialNumber, clientId, clientSecret, subscriptionKey },
    devices: [{ driver: "serial-scanner", path: scanner.path, baudRate: 9600 }],
  };
}
