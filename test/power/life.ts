import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { checkout } from "../support/imports.ts";
import { hitWord, type Inside } from "./triggers.ts";

export interface LifeOptions {
  /** The bundled program. */
  readonly program: string;
  readonly configFile: string;
  readonly cacheFolder: string;
  readonly inside?: Omit<Inside, "told">;
  /** Variables for the disk under the daemon; see disk.c. */
  readonly disk?: Readonly<Record<string, string>>;
  /** Kills it: nothing outlives the test. */
  readonly signal: AbortSignal;
}

export interface Death {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  /** A trigger inside the process has struck. */
  readonly hit: boolean;
  /** The last lines that the daemon wrote about itself. */
  readonly words: string;
}

/** A daemon that runs, wherever. */
export interface Running {
  readonly startedMs: number;
  /** Rejects when it dies first. */
  readonly port: Promise<number>;
  readonly died: Promise<Death>;
  livedMs(): number;
  /** How long ago a trigger inside the process struck. */
  struckMs?(): number | undefined;
  /** At once, wherever it is. */
  kill(): void;
}

const told = 3;
const insideFile = pathToFileURL(join(checkout, "test", "power", "inside.ts")).href;
const wordsMax = 4000;

/** The real program, from its start to its death. */
export class Life implements Running {
  readonly startedMs = performance.now();
  readonly port: Promise<number>;
  readonly died: Promise<Death>;
  #diedMs: number | undefined;
  #hitAtMs: number | undefined;
  readonly #process: ChildProcess;

  constructor({ program, configFile, cacheFolder, inside, disk, signal }: LifeOptions) {
    const { PATH = "", HOME = "" } = process.env;
    const imported = inside ? ["--import", insideFile] : [];
    const variables = {
      ...(inside && { POWER_INSIDE: JSON.stringify({ ...inside, told } satisfies Inside) }),
      ...(disk && { ...disk, POWER_TOLD: String(told) }),
    };
    this.#process = spawn(
      process.execPath,
      [...imported, "--max-semi-space-size=1", program, "run", "--config", configFile],
      { stdio: ["ignore", "pipe", "pipe", "pipe"], env: { PATH, HOME, XDG_CACHE_HOME: cacheFolder, ...variables } },
    );
    const kill = () => this.kill();
    signal.addEventListener("abort", kill);
    if (signal.aborted) this.kill();
    this.died = this.#death().finally(() => signal.removeEventListener("abort", kill));
    this.port = this.#ready();
    this.port.catch(() => undefined);
  }

  livedMs(): number {
    return (this.#diedMs ?? performance.now()) - this.startedMs;
  }

  struckMs(): number | undefined {
    return this.#hitAtMs === undefined ? undefined : (this.#diedMs ?? performance.now()) - this.#hitAtMs;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  stop(): Promise<Death> {
    this.#process.kill("SIGTERM");
    return this.died;
  }

  async #ready(): Promise<number> {
    const lines = createInterface({ input: this.#process.stdout as Readable });
    const port = new Promise<number>((resolve) => {
      lines.on("line", (line) => {
        const found = /^tillbridge ready ws:\/\/127\.0\.0\.1:(\d+)\/v1$/.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    });
    const dead = this.died.then(() => Promise.reject<number>(new Error("the daemon died before it was ready")));
    return Promise.race([port, dead]);
  }

  #death(): Promise<Death> {
    let hit = false;
    let words = "";
    const pipe = this.#process.stdio[told] as Readable;
    pipe.on("data", (chunk: Buffer) => {
      hit ||= chunk.toString().includes(hitWord);
      if (hit) this.#hitAtMs ??= performance.now();
    });
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-wordsMax);
    });
    return new Promise((resolve) => {
      // `close` comes when the pipes are read to their end too.
      this.#process.on("close", (code, signal) => {
        this.#diedMs = performance.now();
        resolve({ code, signal, hit, words });
      });
    });
  }
}
