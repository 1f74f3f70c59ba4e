import { createInterface } from "node:readline";
import { type Program, startProgram } from "../../simulator/demo/program.ts";
import { ownNode } from "./shop.ts";

/** What a POS is told to do: one line of JSON on its standard input. */
export type Order =
  | { readonly do: "sell"; readonly saleId: string; readonly value: number; readonly phoneNumber: string }
  | { readonly do: "cancel"; readonly saleId: string }
  | { readonly do: "refund"; readonly refundId: string; readonly receiptNumber: string; readonly value: number };

/** What a POS says: one line of JSON on its standard output for each order but `cancel`, which ends the sale's own. */
export interface Said {
  readonly saleId?: unknown;
  readonly refundId?: unknown;
  /** `paid`, `notPaid`; `refunded`, `refused`. */
  readonly outcome?: unknown;
  readonly receiptNumber?: unknown;
}

const linesMax = 1_000;

/** The POS that is tried, as a process that can be killed and started again. */
export class Pos {
  readonly #command: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #waitMs: number;
  readonly #watching = new Set<() => void>();
  #said: Said[] = [];
  #program: Program | undefined;

  constructor(command: string, environment: Readonly<Record<string, string | undefined>>, waitMs: number) {
    this.#command = command;
    this.#environment = environment;
    this.#waitMs = waitMs;
  }

  start(): void {
    const isScript = /\.[cm]?[jt]s$/.test(this.#command);
    const program = isScript
      ? startProgram(ownNode(), [this.#command], this.#environment)
      : startProgram(this.#command, [], this.#environment);
    this.#program = program;
    createInterface({ input: program.output }).on("line", (line) => this.#heard(line));
  }

  tell(order: Order): void {
    this.#program?.input.write(`${JSON.stringify(order)}\n`);
  }

  /** What the POS said about this sale or refund since it was last asked. Undefined when it says nothing in time. */
  said(id: string): Promise<Said | undefined> {
    return new Promise((resolve) => {
      const end = (found: Said | undefined) => {
        clearTimeout(limit);
        this.#watching.delete(look);
        this.#said = this.#said.filter((it) => it !== found);
        resolve(found);
      };
      const look = () => {
        const found = this.#said.find((it) => it.saleId === id || it.refundId === id);
        if (found) end(found);
      };
      const limit = setTimeout(() => end(undefined), this.#waitMs);
      this.#watching.add(look);
      look();
    });
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  #heard(line: string): void {
    if (this.#said.length >= linesMax) return;
    try {
      this.#said.push(JSON.parse(line) as Said);
    } catch {
      // What a POS prints besides is its own affair.
      return;
    }
    for (const look of this.#watching) look();
  }
}
