import { bootMachine, type Machine } from "../../support/vm/machine.ts";
import type { Death, Running } from "../life.ts";

export interface MachineLifeOptions {
  /** What the machine does once it is up. */
  readonly job: string;
  /** The socket of its data disk. */
  readonly diskSocket: string;
  /** Of the daemon, in the machine and on this computer: a page's `Host` header must name it. */
  readonly port: number;
  /** Where pages from outside come into the machine: the daemon itself listens inside only. */
  readonly pagePort: number;
}

const linesMax = 40;

/** A whole computer with the daemon in it, from the moment that it gets power to the moment that it loses it. */
export class MachineLife implements Running {
  readonly startedMs = performance.now();
  readonly port: Promise<number>;
  readonly died: Promise<Death>;
  readonly #machine: Promise<Machine>;
  readonly #lines: string[] = [];
  #isKilled = false;
  #diedMs: number | undefined;

  constructor(options: MachineLifeOptions) {
    const ready = Promise.withResolvers<number>();
    this.port = ready.promise;
    this.port.catch(() => undefined);
    this.#machine = bootMachine({
      job: options.job,
      options: [...dataDisk(options.diskSocket), ...network(options)],
      onLine: (line) => {
        if (line.startsWith("tillbridge ready ")) ready.resolve(options.port);
        if (line !== "") this.#lines.push(line);
        if (this.#lines.length > linesMax) this.#lines.shift();
      },
    });
    this.died = this.#death();
    void this.died.then(() => ready.reject(new Error("the machine died before the daemon was ready")));
  }

  kill(): void {
    this.#isKilled = true;
    void this.#machine.then((machine) => machine.kill());
  }

  livedMs(): number {
    return (this.#diedMs ?? performance.now()) - this.startedMs;
  }

  async #death(): Promise<Death> {
    const code = await (await this.#machine).ended;
    this.#diedMs = performance.now();
    const signal = this.#isKilled ? ("SIGKILL" as const) : null;
    return { code: code ?? null, signal, hit: false, words: this.#lines.join("\n") };
  }
}

function dataDisk(socket: string): string[] {
  const disk = `driver=nbd,node-name=data,server.type=unix,server.path=${socket}`;
  return ["-blockdev", disk, "-device", "virtio-blk-pci,drive=data"];
}

function network({ port, pagePort }: MachineLifeOptions): string[] {
  const net = `user,id=net,hostfwd=tcp:127.0.0.1:${port}-10.0.2.15:${pagePort}`;
  return ["-netdev", net, "-device", "virtio-net-pci,netdev=net,romfile="];
}
