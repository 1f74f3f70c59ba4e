import { execFileSync } from "node:child_process";
import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { accessCommand } from "../../../daemon/cli/access/command.ts";
import type { SeededRandom } from "../../sim/seeded-random.ts";
import { checkout } from "../../support/imports.ts";
import { buildMachine } from "../../support/vm/machine.ts";
import { Counter, type Outcome } from "../counter.ts";
import type { Plan } from "../points.ts";
import { MachineLife } from "./machine-life.ts";
import { type Taken, VolatileDisk } from "./volatile-disk.ts";

/**
 * `nobarrier`: the file system does not ask the disk to flush. `unsynced`: the database syncs checkpoints only. Both must be caught.
 */
export const machineWeaknesses = ["nobarrier", "unsynced"] as const;

export interface MachineTillOptions {
  readonly folder: string;
  readonly random: SeededRandom;
  readonly weak?: (typeof machineWeaknesses)[number];
}

const tillId = "vm1";
const diskBytes = 128 * 1024 * 1024;
/** Inside the machine: the bank, and where pages from outside come in. */
const bankPort = 9000;
const pagePort = 9001;
/** In the order in which they need each other. */
const networkModules = ["failover", "net_failover", "virtio_net"];

/** A till that is a whole computer, on a disk with a cache that does not survive. */
export class MachineTill {
  readonly counter: Counter;
  readonly taken: Taken[] = [];
  readonly #options: MachineTillOptions;
  readonly #disk: VolatileDisk;
  readonly #port: number;
  #life: MachineLife | undefined;

  private constructor(options: MachineTillOptions, counter: Counter, disk: VolatileDisk, port: number) {
    this.#options = options;
    this.counter = counter;
    this.#disk = disk;
    this.#port = port;
  }

  static async open(options: MachineTillOptions): Promise<MachineTill> {
    await buildMachine();
    await unpackModules();
    const { folder, random } = options;
    const printed: string[] = [];
    const print = (line: string) => void printed.push(line);
    await mkdir(join(folder, "disk"), { recursive: true });
    await accessCommand(["add", "--name", "pos"], { dataDir: join(folder, "disk", "till"), print });
    const disk = await makeDisk(folder);
    const counter = await Counter.open(tillId, printed.at(-1) ?? "", random);
    return new MachineTill(options, counter, disk, await freePort());
  }

  async live(plan: Plan): Promise<Outcome> {
    this.counter.memory.life += 1;
    return this.counter.liveOut(plan, this.#boot(), async () => {
      this.taken.push(this.#disk.cut(this.#options.random));
      return false;
    });
  }

  /** Until nothing is open, and bank and till agree. It ends by force too: nothing may be lost by that either. */
  async rest(): Promise<string[]> {
    this.counter.memory.life += 1;
    const life = this.#boot();
    try {
      return await this.counter.comeToRest(life);
    } finally {
      life.kill();
      await life.died;
      this.taken.push(this.#disk.cut(this.#options.random));
    }
  }

  async close(): Promise<void> {
    this.#life?.kill();
    await this.#life?.died;
    this.#disk.close();
    await this.counter.close();
  }

  #boot(): MachineLife {
    const diskSocket = join(this.#options.folder, "disk.sock");
    this.#life = new MachineLife({ job: this.#job(), diskSocket, port: this.#port, pagePort });
    return this.#life;
  }

  #job(): string {
    const { weak } = this.#options;
    const inside = weak === "unsynced" ? `POWER_INSIDE='{"told":2,"unsynced":true}'` : "";
    const imported = weak === "unsynced" ? "--import /checkout/test/power/inside.ts" : "";
    const bank = new URL(this.counter.bank.simulator.url).port;
    return `
${networkModules.map((name) => `busybox insmod /checkout/.cache/power/modules/${name}.ko`).join("\n")}
busybox ip link set eth0 up
busybox ip addr add 10.0.2.15/24 dev eth0
mount -t ext4 -o noatime${weak === "nobarrier" ? ",nobarrier" : ""} /dev/vdb /data || exit 1
cat >/tmp/tillbridge.json <<'CONFIG'
${JSON.stringify(this.#config())}
CONFIG
chmod 600 /tmp/tillbridge.json
busybox nc -ll -p ${bankPort} -e busybox nc 10.0.2.2 ${bank} &
busybox nc -ll -p ${pagePort} -e busybox nc 127.0.0.1 ${this.#port} &
${inside} XDG_CACHE_HOME=/data/cache node ${imported} --max-semi-space-size=1 /checkout/dist/main.mjs run --config /tmp/tillbridge.json
`;
  }

  #config() {
    const { clientId, clientSecret, subscriptionKey, merchantSerialNumber } =
      this.counter.bank.simulator.platform.unit.credentials;
    return {
      till: { id: tillId, name: tillId },
      dataDir: "/data/till",
      listen: { port: this.#port },
      mobilepay: {
        baseUrl: `http://127.0.0.1:${bankPort}`,
        merchantSerialNumber,
        clientId,
        clientSecret,
        subscriptionKey,
      },
      recovery: { abandonAfterSeconds: 1 },
    };
  }
}

/** An ext4 file system that holds what the folder `disk` holds. */
async function makeDisk(folder: string): Promise<VolatileDisk> {
  const image = join(folder, "disk.img");
  await writeFile(image, "");
  await truncate(image, diskBytes);
  execFileSync("mke2fs", ["-q", "-t", "ext4", "-d", join(folder, "disk"), image], { stdio: "ignore" });
  const disk = new VolatileDisk(image);
  await disk.listen(join(folder, "disk.sock"));
  return disk;
}

/** The network card's modules are not in the machine's image, but in the packages that it is made of. */
async function unpackModules(): Promise<void> {
  const built = join(checkout, ".cache", "vm");
  const target = join(checkout, ".cache", "power", "modules");
  const system = (await readdir(built)).find((name) => /^system-\w+\.tar$/.test(name));
  if (!system) throw new Error("the machine has no packages");
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const wanted = networkModules.map((name) => `*/${name}.ko`);
  const words = ["-C", target, "--wildcards", "--transform", "s,.*/,,", "-xf", join(built, system)];
  execFileSync("tar", [...words, ...wanted]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
