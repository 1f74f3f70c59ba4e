import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { accessCommand } from "../../daemon/cli/access/command.ts";
import { connect, type StampedEvent } from "../../daemon/protocol/client.ts";

/** The shipped program with these devices, and a page that listens. */
export interface SoakTill {
  footprint(): Promise<Footprint>;
  close(): Promise<void>;
}

/** What the till takes of the computer, the NFC reader's own process included where it is named. */
export interface Footprint {
  readonly megabytes: number;
  /** Of the processes that it has started; the NFC reader's ends with the smart-card service. */
  readonly childMegabytes: number;
  readonly threads: number;
  readonly descriptors: number;
}

export async function openSoakTill(
  devices: readonly unknown[],
  onEvent: (event: StampedEvent) => void,
): Promise<SoakTill> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-soak-"));
  const configFile = join(folder, "tillbridge.json");
  await writeFile(configFile, JSON.stringify(configFor(folder, devices)), { mode: 0o600 });
  const printed: string[] = [];
  const print = (line: string) => printed.push(line);
  await accessCommand(["add", "--name", "soak"], { dataDir: join(folder, "data"), print });
  const words = ["--max-semi-space-size=1", "dist/main.mjs", "run", "--config", configFile];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const client = connect({
    url: `ws://127.0.0.1:${/:(\d+)\/v1$/.exec(line)?.[1]}/v1`,
    token: printed.at(-1) ?? "",
    client: { name: "soak", version: "1" },
    afterSeq: 0,
    onEvent,
  });
  return {
    footprint: () => footprintOf(child),
    async close() {
      client.close();
      child.kill();
      if (child.exitCode === null) await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function footprintOf({ pid = 0 }: ChildProcess): Promise<Footprint> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const childMegabytes = await Promise.all(
    children
      .split(" ")
      .filter(Boolean)
      .map((child) => statusOf(child, "VmRSS")),
  );
  return {
    megabytes: (await statusOf(pid, "VmRSS")) / 1024,
    childMegabytes: childMegabytes.reduce((sum, kilobytes) => sum + kilobytes, 0) / 1024,
    threads: await statusOf(pid, "Threads"),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
  };
}

/** Zero for a process that has just ended. */
async function statusOf(pid: number | string, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
}

/** MobilePay is not needed for scans: its address leads nowhere. */
function configFor(folder: string, devices: readonly unknown[]) {
  return {
    till: { id: "soak", name: "Soak" },
    dataDir: join(folder, "data"),
    listen: { port: 0 },
    mobilepay: {
      baseUrl: "http://127.0.0.1:9",
      merchantSerialNumber: "123456",
      clientId: "soak",
      clientSecret: "soak",
      subscriptionKey: "soak",
    },
    devices,
  };
}
