import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Older ones lack memory placeholders (VirtualAlloc2), without which Node 24 does not start. */
const wineMin = 9;
const runMsMax = 180_000;

/** Windows' programs on Linux, with a Windows of their own in `folder`. */
export class Wine {
  readonly #folder: string;
  #runs = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined, in words, when there is none that will do. */
  static async open(folder: string): Promise<Wine | string> {
    const wine = new Wine(folder);
    const version = await wine.run(["--version"]).catch(() => undefined);
    const major = Number(/^wine-(\d+)/.exec(version?.printed ?? "")?.[1]);
    if (!(major >= wineMin)) return `Wine ${wineMin} or later is needed, here is ${version?.printed.trim() ?? "none"}`;
    await wine.run(["wineboot", "-i"]);
    await wine.run(["winecfg", "-v", "win10"]);
    return wine;
  }

  /** `C:\x` for what Linux calls `/y`: the whole of Linux is drive Z. */
  static path(path: string): string {
    return `Z:${path.replaceAll("/", "\\")}`;
  }

  /** Resolves when it has ended. What it prints goes to a file: Windows' Node cannot use the pipes that Wine offers. */
  async run(
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number; printed: string }> {
    const file = join(this.#folder, `output-${(this.#runs += 1)}`);
    const output = openSync(file, "w");
    try {
      const child = spawn("wine", words, {
        env: this.#environment(environment),
        stdio: ["ignore", output, output],
        timeout: runMsMax,
      });
      const [code] = (await once(child, "exit")) as [number | null];
      return { code: code ?? -1, printed: readFileSync(file, "utf8") };
    } finally {
      closeSync(output);
    }
  }

  /** Ends what still runs in this Windows, and nothing else. */
  async close(): Promise<void> {
    const child = spawn("wineserver", ["-k"], { env: this.#environment({}), stdio: "ignore" });
    child.on("error", () => undefined);
    await once(child, "close");
  }

  #environment(more: Readonly<Record<string, string>>): Record<string, string> {
    const { PATH = "" } = process.env;
    const path = `${PATH}:/usr/lib/wine`;
    const own = { HOME: this.#folder, XDG_RUNTIME_DIR: this.#folder, WINEPREFIX: join(this.#folder, "windows") };
    return { PATH: path, WINEDEBUG: "-all", ...own, ...more };
  }
}
