import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { checkout } from "./imports.ts";

const run = promisify(execFile);
export const folder = "service/debian";
export const program = "usr/lib/tillbridge";
export const previous = "usr/lib/tillbridge.previous";

/** Folders of the system that the scripts name. In a test they lie below a folder of its own. */
const systemFolders = /(?<![\w.*])\/(usr|etc|var|run|sys)\//g;
/** Where a test's stand-ins for programs are. The rest is the real thing: cp, mv, find. */
const realFolders = "/usr/bin:/bin";

/** A till's file system as far as Debian's maintainer scripts see it, with systemd and dpkg played. */
export class FakeTill {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async make(): Promise<FakeTill> {
    const root = await mkdtemp(join(tmpdir(), "tillbridge-till-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const till = new FakeTill(root);
    await till.write("run/systemd/system/.here", "");
    const logged = ["udevadm", "systemd-sysusers", "modprobe", "userdel", "groupdel"];
    for (const name of logged) await till.program(name, "");
    await till.program("getent", "exit 0");
    await till.program("journalctl", "");
    await till.program("sleep", "");
    await till.program("systemctl", '[ "$1" != is-active ] || echo active');
    return till;
  }

  path(file: string): string {
    return join(this.root, file);
  }

  async write(file: string, content: string, mode = 0o644): Promise<void> {
    await mkdir(dirname(this.path(file)), { recursive: true });
    // A new file, as dpkg makes: the old one may have a second name.
    await rm(this.path(file), { force: true });
    await writeFile(this.path(file), content);
    await chmod(this.path(file), mode);
  }

  /** `script`: what the program does, in sh. That it was called, and how, stands in `calls`. */
  async program(name: string, script: string): Promise<void> {
    const said = `echo "${name} $*" >>${this.path("calls")}`;
    await this.write(`programs/${name}`, `#!/bin/sh\n${said}\n${this.here(script)}\n`, 0o755);
  }

  async calls(): Promise<string> {
    return readFile(this.path("calls"), "utf8").catch(() => "");
  }

  /** What stands in a file, or nothing. */
  async read(file: string): Promise<string | undefined> {
    return readFile(this.path(file), "utf8").catch(() => undefined);
  }

  /** Runs a script of the project as dpkg would. */
  async run(file: string, args: readonly string[], environment: Record<string, string> = {}) {
    return this.#spawn(await this.#place(file), args, environment);
  }

  /** The same, but called by a program of the till, which finds it in SCRIPT. */
  async runAs(name: string, args: readonly string[], file: string) {
    return this.#spawn(this.path(`programs/${name}`), args, { SCRIPT: await this.#place(file) });
  }

  async #place(file: string): Promise<string> {
    await this.write(`scripts/${file}`, this.here(await readFile(join(checkout, file), "utf8")), 0o755);
    return this.path(`scripts/${file}`);
  }

  async #spawn(script: string, args: readonly string[], environment: Record<string, string>) {
    const child = spawn("/bin/sh", [script, ...args], {
      env: { PATH: `${this.path("programs")}:${realFolders}`, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, errors, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number>((resolve) => child.on("close", (ended) => resolve(ended ?? -1))),
    ]);
    return { code, out: out.trim(), errors: errors.trim() };
  }

  private here(script: string): string {
    return script.replaceAll(systemFolders, (whole) => `${this.root}${whole}`);
  }
}

/** A till that is set up and sells with this version. `idle`: what `tillbridge idle` does, in sh. */
export async function sellingTill({ version = "1.0.0", idle = "exit 0" } = {}): Promise<FakeTill> {
  const till = await FakeTill.make();
  await till.write("etc/tillbridge/tillbridge.json", "{}");
  await till.write("var/lib/tillbridge/journal/journal.db", "money");
  await till.write("usr/bin/tillbridge", `#!/bin/sh\necho "tillbridge $*" >>${till.path("calls")}\n${idle}\n`, 0o755);
  await till.write("usr/lib/systemd/system/tillbridge.service", `unit ${version}`);
  await layOut(till, version);
  return till;
}

/** As dpkg does: each file gets a new one in its place. */
export async function layOut(till: FakeTill, version: string): Promise<void> {
  await run("rm", ["-rf", till.path(program)]);
  await till.write(`${program}/node`, version, 0o755);
  await till.write(`${program}/package.json`, `{\n  "version": "${version}"\n}\n`);
  await till.program(
    "dpkg-query",
    `case "$*" in *systemd) echo 252.39 ;; *Want*) echo install ;; *) echo ${version} ;; esac`,
  );
  await till.program("dpkg", `case "$1" in -L) find /${program} ;; *) exit 1 ;; esac`);
}

/** systemd, by a file: the service starts when the version that is there is one of these. */
export async function startsOnly(till: FakeTill, ...versions: string[]): Promise<void> {
  const works = versions.map((version) => `grep -qs '^${version}$' /${program}/node`).join(" || ");
  await till.program(
    "systemctl",
    `case "$1" in start|restart|is-active) ${works} || exit 1 ;; esac; [ "$1 $2" != "is-active tillbridge.service" ] || echo active`,
  );
}
