import { createInterface } from "node:readline";
import { withDeadline } from "../../deadline.ts";
import { SerialQueue } from "../../serial-queue.ts";
import { sleep } from "../../world.ts";
import { type ChildProgram, startProgram } from "./program.ts";

/** How the daemon is started: the same Node, the same program, the demo's configuration. */
export interface DaemonProgram {
  readonly nodePath: string;
  readonly mainFile: string;
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const readyMsMax = 20_000;
/** The daemon itself takes up to eight. */
const stopMsMax = 10_000;
const readyLine = /^tillbridge ready (ws:\/\/\S+)$/;

/** The till's power: the daemon as a process of its own, which can be killed at any moment. */
export class TillPower {
  readonly #program: DaemonProgram;
  #running: { readonly daemon: ChildProgram; readonly url: string } | undefined;
  /** A plug cannot be pulled and put in at once. */
  readonly #turns = new SerialQueue();

  constructor(program: DaemonProgram) {
    this.#program = program;
  }

  /** Where the daemon answers, or undefined when it does not run. */
  get url(): string | undefined {
    return this.#running?.url;
  }

  /** Starts the daemon and waits until it answers. Rejects when it does not. */
  on(): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#running) return;
      const { nodePath, mainFile, configFile, environment } = this.#program;
      const daemon = startProgram(nodePath, [mainFile, "run", "--config", configFile], { environment });
      const url = await ready(daemon);
      this.#running = { daemon, url };
      void daemon.ended.then(() => {
        if (this.#running?.daemon === daemon) this.#running = undefined;
      });
    });
  }

  /** Pulls the plug. */
  off(): Promise<void> {
    return this.#turns.run(async () => this.#running?.daemon.kill());
  }

  /** Ends the daemon as an orderly machine does. */
  stop(): Promise<void> {
    return this.#turns.run(async () => this.#running?.daemon.stop(stopMsMax));
  }
}

/** The address that the daemon prints when it is ready. What it prints after that is read and dropped. */
async function ready(daemon: ChildProgram): Promise<string> {
  const lines = createInterface({ input: daemon.output });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  lines.on("line", (line) => {
    const [, url] = readyLine.exec(line) ?? [];
    if (url !== undefined) resolve(url);
  });
  void daemon.ended.then(() => resolve(undefined));
  const url = await withDeadline({ sleep }, readyMsMax, promise, () => undefined);
  if (url !== undefined) return url;
  await daemon.kill();
  throw new Error("the daemon did not become ready");
}
