import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { checkout } from "./imports.ts";
import type { Command } from "./journal-process.ts";

const program = join(checkout, "test", "support", "journal-process.ts");

export type Answer = Readonly<Record<string, unknown>>;

/** A journal in a process of its own, which can be killed, starved and watched. */
export class JournalChild {
  readonly answers: Answer[] = [];
  readonly exit: Promise<number | null>;
  readonly #process: ChildProcess;
  #waiting: (() => void)[] = [];

  /** `before`: a command line that starts the one it is given, such as strace's. */
  constructor(dataDir: string, before: readonly string[] = []) {
    const words = [...before, process.execPath, program, dataDir];
    this.#process = spawn(words[0] ?? "", words.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
    this.exit = new Promise((resolve) => this.#process.on("exit", resolve));
    const { stdout } = this.#process;
    if (stdout) createInterface({ input: stdout }).on("line", (line) => this.#heard(JSON.parse(line) as Answer));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  tell(command: Command): void {
    this.#process.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Resolves with the first answer, past or future, that has this field. */
  async answer(field: string): Promise<Answer> {
    await this.until(() => this.answers.some((answer) => field in answer));
    return this.answers.find((answer) => field in answer) ?? {};
  }

  /** Tells, and resolves with all answers up to the one that it was done. */
  async ask(command: Command): Promise<readonly Answer[]> {
    const from = this.answers.length;
    this.tell(command);
    await this.until(() => this.answers.slice(from).some((answer) => "obeyed" in answer));
    return this.answers.slice(from);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** All ids that were acknowledged so far. */
  get acked(): readonly string[] {
    return this.answers.flatMap(({ acked }) => (typeof acked === "string" ? [acked] : []));
  }

  kill(): Promise<number | null> {
    this.#process.kill("SIGKILL");
    return this.exit;
  }

  async close(): Promise<void> {
    this.tell({ close: true });
    await this.exit;
  }

  #heard(answer: Answer): void {
    this.answers.push(answer);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
