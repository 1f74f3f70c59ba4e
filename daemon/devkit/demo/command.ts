import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Demo, startDemo } from "./demo.ts";
import { letIn } from "../till/let-in.ts";
import { builtPages, daemonProgram, ownNode } from "../till/own-build.ts";
import { argumentsIn } from "../../cli/arguments.ts";
import { errorCode } from "../../errno.ts";
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
  return argumentsIn(argv, { options }).values;
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
    const pagesDir = builtPages("till");
    if (pagesDir === undefined) throw new Error("its pages are not built; run scripts/setup first");
    return await startDemo({
      world: context.world,
      port,
      dataDir,
      pagesDir,
      nodePath: ownNode(),
      mainFile: daemonProgram(),
      environment: context.environment,
      addAccess: (name, origin) => letIn(dataDir, name, origin),
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
