import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { accessCommand } from "../../daemon/cli/access/command.ts";
import { journalCommand } from "../../daemon/cli/journal/command.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";
import { Counter, endedByItself, type Outcome } from "./counter.ts";
import { copyFolder, cutPower, diskVariables, freshShadow } from "./cut.ts";
import { Life } from "./life.ts";
import type { Plan } from "./points.ts";
import { Program } from "./program.ts";
import type { Inside } from "./triggers.ts";

export interface TillOptions {
  readonly tillId: string;
  readonly folder: string;
  readonly random: SeededRandom;
  /** Compiled disk.c. */
  readonly library: string;
  /** `killed`: the process dies, the disk does not. `cut`: what was not synced is gone or torn. */
  readonly ends: "killed" | "cut";
  /** A disk or database that does not do what it says: these must be caught. */
  readonly weak?: (typeof weaknesses)[number];
  /** Ends every life. */
  readonly signal: AbortSignal;
}

/**
 * `unsynced`: the database syncs checkpoints only (WAL with NORMAL). `syncsIgnored`: the disk says that it has synced.
 * `foldersUnsynced`: the names of new files are not kept.
 */
export const weaknesses = ["unsynced", "syncsIgnored", "foldersUnsynced"] as const;

const livesPerImage = 8;
const logBytesMax = 1024 * 1024;

/** A till whose daemon dies all the time, on a disk that may lose what was not synced. */
export class CrashTill {
  readonly counter: Counter;
  readonly #options: TillOptions;
  readonly #program: Program;
  /** The life after which the disk was copied. */
  #imageOf: number | undefined;

  private constructor(options: TillOptions, counter: Counter) {
    this.#options = options;
    this.#program = new Program(basename(dirname(options.folder)) + options.tillId);
    this.counter = counter;
  }

  static async open(options: TillOptions): Promise<CrashTill> {
    const { folder, tillId, random } = options;
    await mkdir(folder, { recursive: true });
    const printed: string[] = [];
    const print = (line: string) => void printed.push(line);
    await accessCommand(["add", "--name", "pos"], { dataDir: join(folder, "data"), print });
    return new CrashTill(options, await Counter.open(tillId, printed.at(-1) ?? "", random));
  }

  /** One life, from the start to its violent end. */
  async live(plan: Plan): Promise<Outcome> {
    this.counter.memory.life += 1;
    const life = await this.#start(plan);
    return this.counter.liveOut(plan, life, () => this.#withoutPower(plan));
  }

  /** A life that ends in order, when nothing is open. Answers what is wrong then. */
  async rest(): Promise<string[]> {
    this.counter.memory.life += 1;
    const life = await this.#start({});
    const faults = await this.counter.comeToRest(life).catch((error: unknown) => {
      life.kill();
      throw error;
    });
    const death = await life.stop();
    if (death.code !== 0) faults.push(endedByItself(this.#options.tillId, death));
    return [...faults, ...(await this.#verify())];
  }

  async close(): Promise<void> {
    await this.#program.remove();
    await this.counter.close();
  }

  get #dataDir(): string {
    return join(this.#options.folder, "data");
  }

  get #image(): string {
    return join(this.#options.folder, "image");
  }

  async #start(plan: Partial<Plan>): Promise<Life> {
    const { folder, weak, signal } = this.#options;
    await this.#writeConfig(plan.logFull ?? false);
    const inside: Omit<Inside, "told"> = {
      ...(plan.inner && { trigger: plan.inner }),
      ...(plan.clock && { clock: plan.clock }),
      ...(plan.checkpointPages !== undefined && { checkpointPages: plan.checkpointPages }),
      ...(weak === "unsynced" && { unsynced: true as const }),
    };
    const disk = await this.#disk(plan.rules ?? []);
    return new Life({
      program: this.#program.main,
      configFile: join(folder, "tillbridge.json"),
      cacheFolder: join(folder, "..", "cache"),
      signal,
      ...(Object.keys(inside).length > 0 && { inside }),
      ...(disk && { disk }),
    });
  }

  async #disk(rules: readonly string[]): Promise<Record<string, string> | undefined> {
    const { library, folder, ends, weak } = this.#options;
    if (ends === "killed" && rules.length === 0) return undefined;
    const shadow = join(folder, "shadow");
    if (ends === "cut") await freshShadow(shadow);
    return diskVariables({
      library,
      live: this.#dataDir,
      rules,
      ...(ends === "cut" && { shadow }),
      ...(weak === "syncsIgnored" && { syncs: "ignored" }),
      ...(weak === "foldersUnsynced" && { syncs: "files" }),
    });
  }

  /** The disk loses what it had not kept, and the world goes on. Answers whether an old image was put back, or an update cut short. */
  async #withoutPower({ meanwhile }: Plan): Promise<boolean> {
    const { ends, folder, random } = this.#options;
    const { memory, bank } = this.counter;
    if (ends === "cut") await cutPower(this.#dataDir, join(folder, "shadow"), random);
    await this.#program.finish();
    if (meanwhile === "oldImage") return this.#putImageBack();
    if (meanwhile === "update") return this.#program.updatePartly(random);
    for (const { reference } of memory.open()) {
      if (meanwhile === "mobilePayCancels") bank.cancel(reference);
      if (meanwhile === "customerActs") bank.act({ does: random.pick(["approve", "refuse"]), afterMs: 0 }, reference);
    }
    if (memory.life % livesPerImage === 0) await this.#takeImage();
    return false;
  }

  async #takeImage(): Promise<void> {
    await copyFolder(this.#dataDir, this.#image);
    this.#imageOf = this.counter.memory.life;
  }

  async #putImageBack(): Promise<boolean> {
    if (this.#imageOf === undefined) return false;
    await copyFolder(this.#image, this.#dataDir);
    this.counter.memory.forgetAfter(this.#imageOf);
    return true;
  }

  async #verify(): Promise<string[]> {
    const lines: string[] = [];
    const code = await journalCommand(["verify"], { dataDir: this.#dataDir, print: (line) => void lines.push(line) });
    return code === 0 ? [] : [`${this.#options.tillId}: journal verify: ${lines.join("; ")}`];
  }

  async #writeConfig(logFull: boolean): Promise<void> {
    const { folder, tillId } = this.#options;
    const { url, platform } = this.counter.bank.simulator;
    const { clientId, clientSecret, subscriptionKey, merchantSerialNumber } = platform.unit.credentials;
    const log = join(this.#dataDir, "till.log");
    if (logFull) await writeFile(log, `${"-".repeat(logBytesMax - 1)}\n`, { mode: 0o600 });
    const config = {
      till: { id: tillId, name: tillId },
      dataDir: this.#dataDir,
      listen: { port: 0 },
      mobilepay: { baseUrl: url, merchantSerialNumber, clientId, clientSecret, subscriptionKey },
      recovery: { abandonAfterSeconds: 1 },
      log: logFull ? { file: log, fileMegabytesMax: 1, level: "debug" } : { level: "warn" },
    };
    await writeFile(join(folder, "tillbridge.json"), JSON.stringify(config), { mode: 0o600 });
  }
}
