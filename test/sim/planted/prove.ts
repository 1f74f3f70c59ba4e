import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { checkout } from "../../support/imports.ts";
import type { PlantedBug } from "./bugs.ts";

/** Who noticed a planted bug, in words; undefined where nobody did, or was not asked. */
export interface Caught {
  readonly byTest?: string | undefined;
  readonly bySimulation?: string | undefined;
  readonly byPowerCut?: string | undefined;
}

const copied = [
  "daemon",
  "drivers",
  "service",
  "test",
  "scripts",
  "docs",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];
const unitTests = [
  "payments",
  "payments-trouble",
  "payments-repeats",
  "observe",
  "machine",
  "committer",
  "sweep",
  "check-ins",
].map((name) => `test/unit/${name}.test.ts`);
/** Always the same seeds, so that the list says the same on the same code. */
const firstSeed = 1;
/** What a test has noticed is simulated for a fraction of the sales. */
const salesLessWhenCaught = 10;
const powerCuts = 200;
const testMsMax = 120_000;
const proofMsMax = 400_000;

/** A copy of the checkout in which one bug at a time is planted. */
export class PlantedTree {
  readonly #root: string;
  readonly #sales: number;

  private constructor(root: string, sales: number) {
    this.#root = root;
    this.#sales = sales;
  }

  /** `sales`: how many the simulation plays before it is said to have noticed nothing that no test has noticed. */
  static async create(sales: number): Promise<PlantedTree> {
    const root = await mkdtemp(join(tmpdir(), "tillbridge-planted-"));
    for (const name of copied) await cp(join(checkout, name), join(root, name), { recursive: true });
    await symlink(join(checkout, "node_modules"), join(root, "node_modules"));
    return new PlantedTree(root, sales);
  }

  async dispose(): Promise<void> {
    await rm(this.#root, { recursive: true });
  }

  /** Runs the fast proofs with this bug in the code. Throws when the bug does not fit the code any more. */
  async prove(bug: PlantedBug): Promise<Caught> {
    const file = join(this.#root, bug.file);
    const whole = await readFile(file, "utf8");
    await writeFile(file, withBug(whole, bug));
    try {
      if (bug.proof === "powerCut") return { byPowerCut: await this.#cutPower() };
      const byTest = await this.#test();
      const sales = byTest === undefined ? this.#sales : this.#sales / salesLessWhenCaught;
      return { byTest, bySimulation: await this.#simulate(sales, bug) };
    } finally {
      await writeFile(file, whole);
    }
  }

  /** The first unit test that falls. */
  async #test(): Promise<string | undefined> {
    const vitest = join(this.#root, "node_modules", "vitest", "vitest.mjs");
    const report = join(this.#root, "vitest.json");
    await rm(report, { force: true });
    const how = ["--bail=1", "--retry=0", "--reporter=json", `--outputFile=${report}`];
    const { end } = await this.#run([vitest, "run", ...how, ...unitTests], testMsMax);
    if (end === "well") return undefined;
    return end === "never" ? "the tests never end" : ((await firstFailure(report)) ?? "the tests do not run");
  }

  async #simulate(sales: number, { kind }: PlantedBug): Promise<string | undefined> {
    const only = kind ? ["--kind", kind] : [];
    const options = ["--brief", "--from", String(firstSeed), "--sales", String(sales), ...only];
    const { end, output } = await this.#run(["test/sim/simulate.ts", ...options], proofMsMax);
    if (end === "well") return undefined;
    const line = output.split("\n").findLast((text) => text.startsWith("{"));
    if (line === undefined) return "a story that never ends";
    const { seed, fault } = JSON.parse(line) as { seed: number; fault: string };
    return `seed ${seed}: ${fault}`;
  }

  /** The program itself, made anew with the bug in it, on a disk that loses what was not synced. */
  async #cutPower(): Promise<string | undefined> {
    const bundled = await this.#run(["scripts/bundle.mjs"], testMsMax);
    if (bundled.end !== "well") throw new Error("the program cannot be made");
    const options = ["--cuts", String(powerCuts), "--tills", "3", "--seed", String(firstSeed), "--until-fault"];
    const { end, output } = await this.#run(["test/power/power-cut.ts", ...options], proofMsMax);
    const fault = output.split("\n").find((text) => text.startsWith("FAULT "));
    if (fault === undefined && end === "badly") throw new Error("the power cuts do not run");
    return fault?.replace(/^FAULT /, "").replace(/ \[after .*$/, "");
  }

  /** `never`: it had to be ended, with all that it had started. */
  #run(words: readonly string[], msMax: number): Promise<{ end: "well" | "badly" | "never"; output: string }> {
    const child = spawn(execPath, words, { cwd: this.#root, detached: true, stdio: ["ignore", "pipe", "ignore"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    return new Promise((resolve, reject) => {
      let isLate = false;
      const late = setTimeout(() => {
        isLate = true;
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      }, msMax);
      child.once("error", reject);
      child.once("close", (code) => {
        clearTimeout(late);
        const output = Buffer.concat(chunks).toString();
        resolve({ end: isLate ? "never" : code === 0 ? "well" : "badly", output });
      });
    });
  }
}

/** The text with the bug in place of what stood there. */
export function withBug(text: string, { name, file, search, replace }: PlantedBug): string {
  const parts = text.split(search);
  if (parts.length !== 2) throw new Error(`"${name}" stands ${parts.length - 1} times in ${file}`);
  return parts.join(replace);
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
  }[];
}

async function firstFailure(report: string): Promise<string | undefined> {
  const text = await readFile(report, "utf8").catch(() => '{"testResults":[]}');
  const { testResults } = JSON.parse(text) as Report;
  return testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status }) => status === "failed")
    ?.title;
}
