import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Demo, startDemo } from "./demo.ts";
import { errorCode } from "../../errno.ts";
import { findAbove } from "../../find-above.ts";
import { accessCommand } from "../../cli/access/command.ts";
import { portHolder } from "../../cli/system/port-holder.ts";
import { type Command, type CommandContext, CommandError, exitCodes, UsageError } from "../../cli/command.ts";

const usage = `Usage: tillbridge demo [--port N] [--data FOLDER]

A whole shop on this machine, with no hardware and no keys: the daemon, a stand-in for MobilePay with the customer's phone, a
barcode scanner that is no hardware, and a till page. Every start is a fresh shop.

  --port N       where the till page is served on 127.0.0.1 (8470; 0 picks a free port)
  --data FOLDER  keep the till's data there, and go on with what is in it`;

const options = {
  port: { type: "string", default: "8470" },
  data: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** `tillbridge demo`: runs until it is told to stop, and leaves nothing behind. */
export const demoCommand: Command = async (argv, context) => {
  const values = parse(argv);
  if (values.help) {
    context.print(usage);
    return exitCodes.done;
  }
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
    throw new UsageError("--port must be a whole number from 0 to 65535.");
  }
  checkSocat();
  const dataDir = await dataFolder(values.data);
  try {
    const demo = await start(Number(values.port), dataDir, context);
    context.print(greeting(demo));
    if (!context.stop.aborted) await once(context.stop, "abort");
    await demo.close();
    return exitCodes.done;
  } finally {
    if (values.data === undefined) await rm(dataDir, { recursive: true, force: true });
  }
};

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "Wrong usage.");
  }
}

function checkSocat(): void {
  if (spawnSync("socat", ["-V"], { stdio: "ignore" }).status === 0) return;
  throw new CommandError(
    "The demo's scanner needs socat, which is not installed. On Debian: apt-get install --no-install-recommends socat",
  );
}

async function dataFolder(wanted: string | undefined): Promise<string> {
  if (wanted === undefined) return mkdtemp(join(tmpdir(), "tillbridge-demo-"));
  const folder = resolve(wanted);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

async function start(port: number, dataDir: string, context: CommandContext): Promise<Demo> {
  try {
    return await startDemo({
      world: context.world,
      port,
      dataDir,
      pagesDir: builtPages(),
      // The same Node that runs us.
      nodePath: readlinkSync("/proc/self/exe"),
      mainFile: daemonProgram(),
      environment: context.environment,
      addAccess: (name, origin) => addAccess(dataDir, name, origin),
    });
  } catch (error) {
    if (errorCode(error) === "EADDRINUSE")
      throw new CommandError(`${await whoHas(port)} Another is taken with: --port 0`);
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`The demo could not start: ${reason}`);
  }
}

async function whoHas(port: number): Promise<string> {
  const holder = await portHolder(port);
  return holder === undefined
    ? `Port ${port} is taken by a program of another user.`
    : `Port ${port} is taken by ${holder.name} (process ${holder.pid}).`;
}

/** The built pages: beside this file when bundled, else in the checkout's dist. */
function builtPages(): string {
  const index = findAbove(import.meta.dirname, ["pages/till/index.html", "dist/pages/till/index.html"]);
  if (index === undefined) throw new Error("its pages are not built; run scripts/setup first");
  return resolve(index, "../..");
}

/** The daemon's program: of the same build as we are. */
function daemonProgram(): string {
  const found = findAbove(import.meta.dirname, ["main.mjs", "main.ts"]);
  if (found === undefined) throw new Error("the daemon's program is missing");
  return found;
}

/** A token of an earlier demo in the same folder is given up: nobody knows it any more. */
async function addAccess(dataDir: string, name: string, origin = "none"): Promise<string> {
  const lines: string[] = [];
  const ask = { dataDir, print: (line: string) => void lines.push(line) };
  await accessCommand(["revoke", name], ask);
  if ((await accessCommand(["add", "--name", name, "--origin", origin], ask)) === exitCodes.done) {
    return lines.at(-1) ?? "";
  }
  throw new Error(lines.at(-1));
}

function greeting({ url, phoneUrl, scanner }: Demo): string {
  const noPty =
    "  There is no pseudo-terminal on this machine to make a serial scanner of: the scanner is a simulated one.";
  return [
    ...(scanner === "simulated" ? ["", noPty] : []),
    "",
    "  The demo shop is open. Open this address in a browser:",
    "",
    `      ${url}/`,
    "",
    `  The customer's phone stands beside the till there; alone it is at ${phoneUrl}`,
    "  Ctrl-C closes the shop.",
    "",
  ].join("\n");
}
