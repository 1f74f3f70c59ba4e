import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createServer } from "node:http";
import { basename, dirname, join, relative } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { onTestFinished } from "vitest";
import type { CommandContext } from "../../daemon/cli/command.ts";
import { CommandError, UsageError } from "../../daemon/cli/command.ts";
import { setUp } from "../../daemon/cli/setup/command.ts";
import type { TargetHost } from "../../daemon/cli/setup/plan.ts";
import { ConfigError, loadConfig } from "../../daemon/config/config.ts";
import { readSecret } from "../../daemon/config/secret.ts";
import type { SimulatorOptions } from "../../daemon/devkit/simulator/simulator.ts";
import { startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import type { TargetPlatform } from "../../service/plan.ts";
import { type System, thisSystem } from "../../service/system.ts";
import type { HidDevice } from "../../drivers/hid-device.ts";
import { freePort } from "./free-port.ts";
import { Program } from "./program.ts";

/** Keys that must never be seen. */
export const canaries = {
  clientId: "canary-client-id-0001",
  clientSecret: "canary-client-secret-0002",
  subscriptionKey: "canary-subscription-key-0003",
};
export const msn = "123456";
const loaded = { ActiveState: "inactive", SubState: "dead", UnitFileState: "disabled", LoadState: "loaded" };

export interface Outcome {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: string;
}

/**
 * A computer to set up: folders of its own for settings, data and devices, MobilePay's stand-in with keys of its own, and a systemctl
 * that keeps a book.
 */
export class SetupRig {
  readonly folder: string;
  readonly baseUrl: string;
  port = 0;
  /** What systemctl was told. */
  readonly told: string[] = [];
  /** What systemd knows; undefined where there is none. */
  unit: Record<string, string> | undefined = { ...loaded };
  /** Why systemctl refuses to start. */
  refuses: string | undefined;
  hid: readonly HidDevice[] = [];
  platform: TargetPlatform = "linux";
  /** Who runs setup, and which other users there are. */
  isRoot = true;
  users: readonly string[] = [];
  /** What was given to whom: owner, a space, and the file's name. */
  readonly given: string[] = [];
  /** `program`: the service is really started. Else something answers in its place. */
  starts: "program" | "stand-in" = "stand-in";
  /** What else happens while systemd starts the service. */
  onStart: () => Promise<void> = () => Promise.resolve();
  #service: { stop(): Promise<unknown> } | undefined;

  private constructor(folder: string, baseUrl: string) {
    this.folder = folder;
    this.baseUrl = baseUrl;
  }

  static async make(options: Partial<SimulatorOptions> = {}): Promise<SetupRig> {
    const folder = await mkdtemp(join(tmpdir(), "tillbridge-setup-"));
    const credentials = { ...canaries, merchantSerialNumber: msn };
    const simulator = await startSimulator({ world: realWorld(), credentials, ...options });
    const rig = new SetupRig(folder, simulator.url);
    rig.port = await freePort();
    await rig.write("root/usr/lib/systemd/system/tillbridge.service", "");
    await rig.write("root/usr/bin/chromium", "");
    onTestFinished(async () => {
      await rig.stopService();
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
    });
    return rig;
  }

  get settingsFile(): string {
    return join(this.folder, "etc", "tillbridge.json");
  }

  get dataDir(): string {
    return join(this.folder, "data");
  }

  get computer(): TargetHost {
    const { folder } = this;
    return {
      platform: this.platform,
      places: { settings: this.settingsFile, dataDir: this.dataDir },
      devicePaths: {
        hid: async () => this.hid,
        serialById: join(folder, "by-id"),
        ttys: join(folder, "ttys"),
        usb: join(folder, "usb"),
      },
      system: this.#system(),
    };
  }

  /** A file for `--from`, and the files of its keys. */
  async provision(change: Readonly<Record<string, unknown>> = {}): Promise<string> {
    await this.keyFiles();
    return this.write("shop.json", {
      till: { id: "kassa-1", name: "Kassa 1" },
      listen: { port: this.port },
      origins: ["https://pos.example.com"],
      mobilepay: {
        baseUrl: this.baseUrl,
        merchantSerialNumber: msn,
        clientId: { file: "client-id" },
        clientSecret: { file: "client-secret" },
        subscriptionKey: { file: "subscription-key" },
      },
      ...change,
    });
  }

  async keyFiles(): Promise<Record<keyof typeof canaries, string>> {
    const files = {
      clientId: "client-id",
      clientSecret: "client-secret",
      subscriptionKey: "subscription-key",
    } as const;
    for (const key of ["clientId", "clientSecret", "subscriptionKey"] as const)
      await this.write(files[key], `${canaries[key]}\n`, 0o600);
    return {
      clientId: join(this.folder, files.clientId),
      clientSecret: join(this.folder, files.clientSecret),
      subscriptionKey: join(this.folder, files.subscriptionKey),
    };
  }

  async write(name: string, content: unknown, mode = 0o644): Promise<string> {
    const file = join(this.folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content, undefined, 2), { mode });
    return file;
  }

  /** A serial port as Linux shows it, of a USB device of this maker. */
  async plugSerial(link: string, vendor: string): Promise<string> {
    const device = join(this.folder, "devices", link);
    await mkdir(join(device, "1-2:1.0", "tty", "ttyACM0"), { recursive: true });
    await writeFile(join(device, "idVendor"), `${vendor}\n`);
    const node = await this.write(`dev-${link}/ttyACM0-${link}`, "");
    await mkdir(join(this.folder, "ttys"), { recursive: true });
    await symlink(join(device, "1-2:1.0", "tty", "ttyACM0"), join(this.folder, "ttys", `ttyACM0-${link}`));
    await mkdir(join(this.folder, "by-id"), { recursive: true });
    await symlink(node, join(this.folder, "by-id", link));
    return join(this.folder, "by-id", link);
  }

  /** A smart-card reader as Linux shows it. */
  async plugReader(place: string, product: string): Promise<void> {
    await this.write(`usb/${place}/manufacturer`, "ACS\n");
    await this.write(`usb/${place}/product`, `${product}\n`);
    await this.write(`usb/${place}:1.0/bInterfaceClass`, "0b\n");
  }

  /** `tillbridge setup …`, as the person or the script that ran it sees it. Fails when a key is to be seen anywhere. */
  async setup(words: readonly string[], stdin = ""): Promise<Outcome> {
    const stdout: string[] = [];
    const stderr: string[] = [];
    const code = await setUp(words, this.#context(stdout, stderr, stdin), this.computer).catch((error: unknown) => {
      if (error instanceof CommandError) return told(error.code, error);
      if (error instanceof UsageError || error instanceof ConfigError) return told(2, error);
      throw error;
    });
    function told(exitCode: number, { message }: Error): number {
      stderr.push(message);
      return exitCode;
    }
    for (const text of [...stdout, ...stderr])
      for (const canary of Object.values(canaries))
        if (text.includes(canary)) throw new Error(`a key is shown: ${text}`);
    return { code, stdout, stderr: stderr.join("\n") };
  }

  async settings(): Promise<string> {
    return readFile(this.settingsFile, "utf8");
  }

  /** Every file below settings and data, with what is in it. */
  async everything(): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    for (const top of ["etc", "data"]) {
      const names = await readdir(join(this.folder, top), { recursive: true, withFileTypes: true }).catch(() => []);
      for (const item of names)
        if (item.isFile()) {
          const file = join(item.parentPath, item.name);
          files.set(file, await readFile(file, "utf8"));
        }
    }
    return files;
  }

  async stopService(): Promise<void> {
    await this.#service?.stop();
    this.#service = undefined;
  }

  #context(stdout: string[], stderr: string[], stdin: string): CommandContext {
    return {
      version: "1.0.0",
      environment: {},
      nodeOptions: [],
      world: realWorld(),
      stop: new AbortController().signal,
      stdin: () => Readable.from([stdin]),
      isTerminal: false,
      stderr: new PassThrough(),
      print: (line) => void stdout.push(line),
      complain: (line) => void stderr.push(line),
      onCrash: () => undefined,
      kill: () => undefined,
      secretIn: readSecret,
      configFile: () => {
        throw new UsageError("which till?");
      },
      config: () => loadConfig(this.settingsFile),
    };
  }

  async #program(): Promise<Program> {
    const program = new Program(["run", "--config", this.settingsFile]);
    await program.firstLine;
    return program;
  }

  /** Its files lie below a folder of their own. */
  #system(): System {
    const system = thisSystem(join(this.folder, "root"));
    return {
      ...system,
      isThere: (path) => system.isThere(path.startsWith(this.folder) ? join("..", relative(this.folder, path)) : path),
      output: async ([program, ...words]) => {
        if (program === "id") return this.#numberOf(words.at(-1));
        return program === "systemctl" && words[0] === "show" ? this.#shown() : undefined;
      },
      run: (command) => this.#run(command),
    };
  }

  #numberOf(user: string | undefined): string | undefined {
    if (user === "-u") return this.isRoot ? "0\n" : "1000\n";
    return user !== undefined && this.users.includes(user) ? "998\n" : undefined;
  }

  #shown(): string | undefined {
    return (
      this.unit &&
      Object.entries(this.unit)
        .map(([name, value]) => `${name}=${value}`)
        .join("\n")
    );
  }

  async #run([program, ...words]: readonly string[]): Promise<{ code: number; said: string }> {
    if (program === "chown") {
      this.given.push(`${words[0]} ${basename(words[1] ?? "")}`);
      return { code: 0, said: "" };
    }
    if (program !== "systemctl" || this.unit === undefined) return { code: 127, said: "" };
    this.told.push(words.join(" "));
    const runs = this.unit["ActiveState"] === "active";
    const starts = words[0] === "restart" || (words.includes("--now") && !runs);
    if (words[0] === "enable") this.unit["UnitFileState"] = "enabled";
    if (!starts) return { code: 0, said: "" };
    if (this.refuses !== undefined) return { code: 1, said: this.refuses };
    await this.stopService();
    this.#service = this.starts === "program" ? await this.#program() : await standIn(this.port);
    await this.onStart();
    this.unit["ActiveState"] = "active";
    return { code: 0, said: "" };
  }
}

/** Says of itself what the service would. */
async function standIn(port: number): Promise<{ stop(): Promise<unknown> }> {
  const server = createServer((_request, response) => response.end('{"status":"ok"}')).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    stop: () => {
      server.closeAllConnections();
      server.close();
      return once(server, "close");
    },
  };
}
