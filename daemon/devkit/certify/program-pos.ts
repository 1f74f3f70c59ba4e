import { createInterface } from "node:readline";
import { type ChildProgram, startProgram } from "../till/program.ts";
import { Heard, type PosCommand, type Pos, type PosReply } from "./pos.ts";
import { ownNode } from "../till/own-build.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A POS as a process: one line of JSON on its standard input for each order, one on its standard output for what came of it. */
export class ProgramPos implements Pos {
  readonly #command: string;
  readonly #environment: Environment;
  readonly #heard: Heard;
  #program: ChildProgram | undefined;

  constructor(command: string, environment: Environment, waitMs: number) {
    this.#command = command;
    this.#environment = environment;
    this.#heard = new Heard(waitMs);
  }

  async start(): Promise<void> {
    const isScript = /\.[cm]?[jt]s$/.test(this.#command);
    const program = isScript
      ? startProgram(ownNode(), [this.#command], { environment: this.#environment })
      : startProgram(this.#command, [], { environment: this.#environment });
    this.#program = program;
    createInterface({ input: program.output }).on("line", (line) => this.#hear(line));
  }

  tell(order: PosCommand): void {
    this.#program?.input.write(`${JSON.stringify(order)}\n`);
  }

  said(id: string): Promise<PosReply | undefined> {
    return this.#heard.about(id);
  }

  async reload(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  close(): Promise<void> {
    return this.kill();
  }

  #hear(line: string): void {
    try {
      const said: unknown = JSON.parse(line);
      if (typeof said === "object" && said !== null) this.#heard.add(said);
    } catch {
      // What a POS prints besides is its own affair.
    }
  }
}
