import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { checkout } from "../imports.ts";

export interface MachineOptions {
  /** What the machine does: a shell script. It finds the project at /checkout. Then the machine goes off. */
  readonly job: string;
  /** Called with each line on its console. */
  readonly onLine?: (line: string) => void;
  readonly megabytes?: number;
  readonly processors?: number;
  /**
   * The machine has one processor that takes two nanoseconds for each instruction, by its own clock: what else the host has to do
   * slows it down, but not its clock. For measuring.
   */
  readonly ownTime?: boolean;
  /** More for QEMU, such as another disk. */
  readonly options?: readonly string[];
}

/** A whole computer in an emulator: a kernel of its own, a disk that is as new at each start. */
export interface Machine {
  /** Resolves to what the job ended with, or undefined when the machine ended before. */
  readonly ended: Promise<number | undefined>;
  /** The power goes. */
  kill(): void;
}

/** Builds the image first, if it is not up to date: two minutes, once. */
export async function buildMachine(): Promise<void> {
  await promisify(execFile)(join(checkout, "test/support/vm/build-image"), { maxBuffer: 16 * 1024 * 1024 });
}

export async function bootMachine(machine: MachineOptions): Promise<Machine> {
  const { job, onLine, options = [] } = machine;
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-vm-"));
  await writeFile(join(folder, "run"), job);
  const qemu = spawn(
    "qemu-system-x86_64",
    [...hardware(machine), ...image(), ...share("checkout", checkout), ...share("job", folder), ...options],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let endedWith: number | undefined;
  createInterface({ input: qemu.stdout }).on("line", (line) => {
    const plain = line.replaceAll("\r", "");
    const code = /^machine: job ended with (\d+)$/.exec(plain)?.[1];
    if (code !== undefined) endedWith = Number(code);
    onLine?.(plain);
  });
  const ended = once(qemu, "close").then(async () => {
    await rm(folder, { recursive: true, force: true });
    return endedWith;
  });
  return { ended, kill: () => void qemu.kill("SIGKILL") };
}

/** Emulated throughout: a host that is a virtual machine itself can seldom lend its processor's own means. */
function hardware({ megabytes = 1024, processors = 2, ownTime = false }: MachineOptions): string[] {
  const plain = ["-nodefaults", "-nographic", "-no-reboot", "-serial", "stdio", "-device", "virtio-rng-pci"];
  const many = ["-accel", "tcg,thread=multi,tb-size=512", "-smp", `${processors}`];
  const one = ["-accel", "tcg,thread=single,tb-size=512", "-icount", "shift=1,sleep=on"];
  return [...(ownTime ? one : many), "-cpu", "max", "-m", `${megabytes}`, ...plain];
}

function image(): string[] {
  const built = join(checkout, ".cache/vm");
  const kernel = "console=ttyS0 no_timer_check quiet loglevel=3 panic=-1 mitigations=off nokaslr audit=0 tsc=reliable";
  const disk = `file=${join(built, "root.img")},format=raw,if=none,id=root,snapshot=on,cache=unsafe`;
  const drive = ["-drive", disk, "-device", "virtio-blk-pci,drive=root"];
  return ["-kernel", join(built, "kernel"), "-initrd", join(built, "initrd"), "-append", kernel, ...drive];
}

function share(name: string, path: string): string[] {
  return ["-virtfs", `local,path=${path},mount_tag=${name},security_model=none,readonly=on`];
}
