import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { checkout } from "../support/imports.ts";

export type Suite = "bookworm" | "trixie";

export interface Answer {
  /** What it printed, on both streams. */
  readonly text: string;
  readonly code: number;
}

/** A till in an emulator: Debian with systemd, a disk that lasts as long as it, no network. */
export interface Guest {
  /** Does it as root, in a shell. Rejects after `msMax`, of this computer's time. */
  run(script: string, msMax?: number): Promise<Answer>;
  /** The same, but it must end well. Resolves with what it printed. */
  must(script: string, msMax?: number): Promise<string>;
  /** Resolves when it is up again. */
  reboot(): Promise<void>;
  end(): Promise<void>;
}

interface Options {
  readonly suite: Suite;
  /** Seen as /stage, for reading only. */
  readonly stage: string;
  readonly onConsole: (line: string) => void;
}

/** Of this computer's time, which may have much else to do. */
const bootMsMax = 1_200_000;
const scriptMsMax = 1_200_000;

/** `test/service/build-image` must have built it. */
export async function bootGuest({ suite, stage, onConsole }: Options): Promise<Guest> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-till-"));
  const path = join(folder, "control");
  const server = createServer().listen(path);
  const qemu = spawn("qemu-system-x86_64", [...hardware(), ...disk(suite), ...share(stage), ...control(path)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: qemu.stdout }).on("line", (line) => onConsole(line.replaceAll("\r", "")));
  const closed = once(qemu, "close");
  // A test that is interrupted leaves no machine behind.
  const kill = () => void qemu.kill("SIGKILL");
  process.once("exit", kill);
  const [socket] = (await Promise.race([once(server, "connection"), closed.then(neverCame)])) as [Socket];
  const lines = new Lines(socket);
  const end = async () => {
    kill();
    await closed;
    process.off("exit", kill);
    server.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await lines.until("up", bootMsMax);
  } catch (error) {
    await end();
    throw error;
  }

  async function run(script: string, msMax = scriptMsMax): Promise<Answer> {
    if (process.env["TILL_VERBOSE"]) console.error(`  $ ${script}`);
    socket.write(`${Buffer.from(script).toString("base64")}\n`);
    const [, text = "", code] = /^(\S*) (\d+)$/.exec(await lines.next(msMax)) ?? [];
    return { text: Buffer.from(text, "base64").toString(), code: Number(code ?? -1) };
  }

  return {
    run,
    async must(script, msMax) {
      const { text, code } = await run(script, msMax);
      if (code !== 0) throw new Error(`ended with ${code}: ${text.trim().slice(-2000)}`);
      return text.trim();
    },
    async reboot() {
      await run("systemctl --no-block reboot");
      await lines.until("up", bootMsMax);
    },
    end,
  };
}

function neverCame(): never {
  throw new Error("the emulator did not start");
}

/** What the machine says, line by line. */
class Lines {
  readonly #waiting: string[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    createInterface({ input: socket }).on("line", (line) => {
      this.#waiting.push(line);
      this.#wake();
    });
  }

  async next(msMax: number): Promise<string> {
    const late = AbortSignal.timeout(msMax);
    while (this.#waiting.length === 0) {
      if (late.aborted) throw new Error(`the machine did not answer for ${msMax / 1000} s`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      late.addEventListener("abort", () => resolve(), { once: true });
      await promise;
    }
    return this.#waiting.shift() ?? "";
  }

  async until(wanted: string, msMax: number): Promise<void> {
    while ((await this.next(msMax)) !== wanted);
  }
}

/**
 * Emulated throughout, on one processor that takes a nanosecond for each instruction by its own clock, much as a till of ten years
 * ago: what else the host has to do slows it down, but not its clock, so that what it measures holds and nothing comes too late.
 */
function hardware(): string[] {
  const processor = ["-accel", "tcg,thread=single,tb-size=512", "-icount", "shift=0,sleep=on", "-cpu", "max"];
  return [...processor, "-m", "1024", "-nodefaults", "-nographic", "-serial", "stdio", "-device", "virtio-rng-pci"];
}

function disk(suite: Suite): string[] {
  const built = join(checkout, ".cache", `till-${suite}`);
  const kernel =
    "console=ttyS0 quiet loglevel=3 panic=0 mitigations=off nokaslr audit=0 tsc=reliable systemd.show_status=0";
  // What is written is kept until the emulator ends, through all reboots; a sync is one, or the doctor would say that the disk lies.
  const image = `file=${join(built, "root.img")},format=raw,if=none,id=root,snapshot=on,cache=writeback`;
  const drive = ["-drive", image, "-device", "virtio-blk-pci,drive=root"];
  return ["-kernel", join(built, "kernel"), "-initrd", join(built, "initrd"), "-append", kernel, ...drive];
}

function share(stage: string): string[] {
  return ["-virtfs", `local,path=${stage},mount_tag=stage,security_model=none,readonly=on`];
}

function control(path: string): string[] {
  const port = ["-chardev", `socket,id=control,path=${path}`, "-device", "virtio-serial-pci"];
  return [...port, "-device", "virtserialport,chardev=control,name=control"];
}
