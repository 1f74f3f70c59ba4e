import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { checkout } from "./imports.ts";
import { until } from "./until.ts";

/** A real smart-card service with two readers that are no hardware, on a socket of its own: nothing of the machine's is touched. */
export interface SmartCardService {
  readonly socket: string;
  readonly readers: readonly [VirtualReader, VirtualReader];
  /** Resolves when the service says this in its log, from now on: "Card Removed From", "Card inserted into". */
  says(words: string): Promise<void>;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Stops and cleans up. */
  remove(): Promise<void>;
}

/** `name`: as the service calls it. `port`: where a tag is laid on it. */
export interface VirtualReader {
  readonly name: string;
  readonly port: number;
}

/** Whether the service is one that asks polkit who may use a reader: pcscd 2 on Debian 13, not pcscd 1.9 on Debian 12. */
export const asksPolkit = spawnSync("pcscd", ["--help"], { encoding: "utf8" }).stdout.includes("--disable-polkit");

/** `bus`: where it finds the polkit to ask; else it asks none, and lets everybody in. */
export async function openPcscd(name = "ACS ACR122U PICC Interface", bus?: string): Promise<SmartCardService> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-pcscd-"));
  const settings = join(folder, "settings");
  const socket = join(folder, "pcscd.comm");
  const preload = await compileAlone(folder);
  const port = await freePort();
  await mkdir(settings);
  await writeFile(join(settings, "reader"), readerSettings(name, port));
  const awaited = new Set<{ readonly words: string; readonly resolve: () => void }>();
  let pcscd: ChildProcess | undefined;

  function says(words: string): Promise<void> {
    return new Promise((resolve) => awaited.add({ words, resolve }));
  }

  function hear(line: string): void {
    for (const it of awaited) {
      if (!line.includes(it.words)) continue;
      awaited.delete(it);
      it.resolve();
    }
  }

  async function start(): Promise<void> {
    // pcscd takes its socket from systemd's hands, or else makes the machine's own.
    const words = [
      "-l",
      socket,
      "-E",
      `LD_PRELOAD=${preload}`,
      ...(bus === undefined ? [] : ["-E", `DBUS_SYSTEM_BUS_ADDRESS=${bus}`]),
      "pcscd",
      "--foreground",
      "--info",
      "--config",
      settings,
      ...(asksPolkit && bus === undefined ? ["--disable-polkit"] : []),
    ];
    const started = spawn("systemd-socket-activate", words, { stdio: ["ignore", "pipe", "ignore"] });
    pcscd = started;
    createInterface({ input: started.stdout }).on("line", hear);
    const ready = says("daemon ready");
    const ended = once(started, "exit").then(() => Promise.reject(new Error("pcscd ended before it was ready")));
    await Promise.race([ended, knock(socket, started).then(() => ready)]);
  }

  async function stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const ending = pcscd;
    pcscd = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, "exit");
    ending.kill(signal);
    await ended;
    await rm(socket, { force: true });
  }

  await start();
  return {
    socket,
    readers: [
      { name: `${name} 00 00`, port },
      { name: `${name} 00 01`, port: port + 1 },
    ],
    says,
    start,
    stop,
    async remove() {
      await stop("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The driver of vsmartcard-vpcd has two slots, on a port and the next; it would listen on every address. */
function readerSettings(name: string, port: number): string {
  const library = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
  const hex = `0x${port.toString(16).toUpperCase()}`;
  return `FRIENDLYNAME "${name}"\nDEVICENAME /dev/null:${hex}\nLIBPATH ${library}\nCHANNELID ${hex}\n`;
}

async function compileAlone(folder: string): Promise<string> {
  const library = join(folder, "pcscd-alone.so");
  const source = join(checkout, "test/support/pcscd-alone.c");
  await promisify(execFile)("cc", ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"]);
  return library;
}

/** The service starts when the first one asks for it. */
async function knock(socket: string, pcscd: ChildProcess): Promise<void> {
  await until(async () => pcscd.exitCode !== null || (await isHeard(socket)), "the smart-card service");
}

function isHeard(socket: string): Promise<boolean> {
  const client = connect(socket);
  return new Promise((resolve) => {
    client.on("error", () => resolve(false));
    client.on("connect", () => {
      client.destroy();
      resolve(true);
    });
  });
}
