// What of the archive for Windows runs under Wine: scripts/wine-smoke ARCHIVE. Says for each step whether it held.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { accessCommand } from "../../daemon/cli/access/command.ts";
import { type BridgeClient, connect } from "../../daemon/protocol/client.ts";
import { type Simulator, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { fileInZip, namesInZip } from "../../service/packaging/zip.ts";
import { commandLine, wrongUsage } from "../support/command-line.ts";
import { checkout } from "../support/imports.ts";
import { Wine } from "./wine.ts";

const waitMsMax = 120_000;
const pauseMs = 200;
const port = 18_455;
/** Wine has only parts of these: what they are called with is written down instead. */
const recorded = ["sc.exe", "net.exe", "icacls.exe"];

interface Till {
  readonly wine: Wine;
  readonly folder: string;
  /** The unpacked archive, and its Node and program as Windows calls them. */
  readonly program: string;
  readonly node: string;
  readonly main: string;
  readonly config: string;
  readonly token: string;
  readonly simulator: Simulator;
}

async function main(archive: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-wine-"));
  const wine = await Wine.open(folder);
  if (typeof wine === "string") {
    console.log(`not run: ${wine}`);
    return;
  }
  const simulator = await startSimulator({ world: realWorld(), currency: "DKK" });
  try {
    const till = await prepare(wine, folder, archive, simulator);
    let failures = 0;
    for (const [name, step] of steps) {
      const started = Date.now();
      const result = await step(till).catch(
        (error: unknown) => `FAILED: ${error instanceof Error ? error.message : ""}`,
      );
      if (result.startsWith("FAILED")) failures += 1;
      console.log(`${name}: ${result} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    }
    process.exitCode = failures > 0 ? 1 : 0;
  } finally {
    await wine.close();
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(wine: Wine, folder: string, archive: string, simulator: Simulator): Promise<Till> {
  const content = await readFile(archive);
  for (const name of namesInZip(content)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, fileInZip(content, name));
  }
  const program = join(folder, "tillbridge");
  const config = join(folder, "tillbridge.json");
  await writeFile(config, JSON.stringify(settingsFor(folder, simulator)));
  const printed: string[] = [];
  await accessCommand(["add", "--name", "pos"], { dataDir: join(folder, "data"), print: (line) => printed.push(line) });
  await copyFile(await compiled("wrapper"), join(folder, "wrapper.exe"));
  await mkdir(join(folder, "recorders"));
  for (const name of recorded) await copyFile(await compiled("recorder"), join(folder, "recorders", name));
  return {
    wine,
    folder,
    program,
    node: Wine.path(join(program, "node.exe")),
    main: Wine.path(join(program, "dist/main.mjs")),
    config,
    token: printed.at(-1) ?? "",
    simulator,
  };
}

/** Kept, so that the compiler need not be where Wine is. */
async function compiled(name: string): Promise<string> {
  const source = join(checkout, `test/wine/${name}.c`);
  const sum = createHash("sha256")
    .update(await readFile(source))
    .digest("hex")
    .slice(0, 16);
  const kept = join(checkout, ".cache/packaging", `wine-${name}-${sum}.exe`);
  if (existsSync(kept)) return kept;
  await mkdir(dirname(kept), { recursive: true });
  await promisify(execFile)("x86_64-w64-mingw32-gcc-posix", ["-O1", "-static", "-o", kept, source]);
  return kept;
}

function settingsFor(folder: string, { url, platform }: Simulator) {
  const { clientId, clientSecret, subscriptionKey, merchantSerialNumber } = platform.unit.credentials;
  return {
    till: { id: "tillA", name: "Till A" },
    dataDir: Wine.path(join(folder, "data")),
    listen: { port },
    origins: ["https://pos.example.com"],
    mobilepay: { baseUrl: url, merchantSerialNumber, clientId, clientSecret, subscriptionKey, currency: "DKK" },
    log: { file: Wine.path(join(folder, "logs/tillbridge.log")) },
    devices: [],
  };
}

const steps: readonly (readonly [string, (till: Till) => Promise<string>])[] = [
  ["the program says its version", version],
  ["the addons load", addons],
  ["the plan of the installation is made", plan],
  ["the till sells", sells],
  ["Ctrl+C stops it in order", stops],
  ["it dies with its wrapper and frees the port", diesWithWrapper],
  ["its journal is whole", journal],
  ["the doctor looks at it", doctor],
  ["it is installed and removed", installs],
];

async function version({ wine, node, main }: Till): Promise<string> {
  const { code, printed } = await wine.run([node, main, "--version"]);
  if (code !== 0 || !/^\d+\.\d+\.\d+/.test(printed)) throw new Error(`${code} ${printed.slice(0, 200)}`);
  return printed.trim();
}

async function addons({ wine, node, program }: Till): Promise<string> {
  const script = join(program, "addons.cjs");
  await writeFile(
    script,
    `for (const name of ["sqlite3", "node-hid", "@serialport/bindings-cpp", "nfc-pcsc"])
       try { require(name); console.log(name + " loads"); } catch (error) { console.log(name + " does not: " + error.message.split("\\n")[0]); }`,
  );
  const { printed } = await wine.run([node, Wine.path(script)]);
  if (!/sqlite3 loads[\s\S]*node-hid loads[\s\S]*bindings-cpp loads/.test(printed))
    throw new Error(printed.slice(0, 400));
  return printed.trim().split(/\s*\n/).join(", ");
}

interface PlannedStep {
  readonly do: string;
  readonly command?: readonly string[];
}

async function planned({ wine, node, main, config }: Till, what: string): Promise<readonly PlannedStep[]> {
  const { printed } = await wine.run([node, main, "service", what, "--dry-run", "--config", Wine.path(config)]);
  const { platform, steps: all } = JSON.parse(printed) as { platform: string; steps: PlannedStep[] };
  if (platform !== "windows") throw new Error(`it is for ${platform}`);
  return all;
}

async function plan(till: Till): Promise<string> {
  return `${(await planned(till, "install")).length} steps`;
}

let running: { readonly ended: Promise<{ code: number; printed: string }>; readonly stopFile: string } | undefined;

/** As the service is started: by a wrapper, in a job, with a console. */
async function start({ wine, folder, node, main, config, token }: Till): Promise<BridgeClient> {
  const stopFile = join(folder, `stop-${Date.now()}`);
  const command = [node, "--max-semi-space-size=1", main, "run", "--config", Wine.path(config)].join(" ");
  const output = join(folder, "till.txt");
  const ended = wine.run([Wine.path(join(folder, "wrapper.exe")), Wine.path(stopFile), Wine.path(output), command]);
  running = { ended, stopFile };
  const ready = Promise.withResolvers<void>();
  const client = connect({
    url: `ws://127.0.0.1:${port}/v1`,
    token,
    client: { name: "test POS", version: "1" },
    onState: ({ name }) => name === "ready" && ready.resolve(),
  });
  await Promise.race([
    ready.promise,
    ended.then(({ code }) => fail(`it ended with ${code}`)),
    late("it did not answer"),
  ]);
  return client;
}

async function sells(till: Till): Promise<string> {
  const client = await start(till);
  const amount = { currency: "DKK" as const, value: 4990 };
  try {
    await client.call("pairing.register", { tag: "123456789012345", locationDescription: "Counter 1" });
    const payment = await client.call("payment.start", {
      paymentId: "payment-1",
      sale: { saleId: "sale-1", total: amount },
      amount,
      customer: { by: "phone", phoneNumber: "4500000001" },
    });
    const state = async () => (await client.call("payment.get", { paymentId: payment.paymentId })).state;
    await until(async () => (await state()) === "waitingForApproval");
    till.simulator.platform.phone.approve(payment.reference);
    await until(async () => (await state()) === "paid");
    await client.call("payment.complete", { paymentId: payment.paymentId, receiptNumber: "receipt-1" });
    return "49.90 paid, receipt made";
  } finally {
    client.close();
  }
}

async function stops({ folder }: Till): Promise<string> {
  if (!running) throw new Error("it does not run");
  await writeFile(running.stopFile, "");
  const { code, printed } = await running.ended;
  const log = await readFile(join(folder, "logs/tillbridge.log"), "utf8");
  if (code !== 0 || !log.includes('"stopped"')) throw new Error(`exit code ${code} ${printed} ${log.slice(-300)}`);
  return "exit code 0, the log's last word is written";
}

async function diesWithWrapper(till: Till): Promise<string> {
  const client = await start(till);
  client.close();
  const { wine } = till;
  await wine.run(["taskkill", "/F", "/IM", "wrapper.exe"]);
  await running?.ended;
  await until(async () => !(await answers()));
  return "nobody listens any more";
}

async function journal({ wine, node, main, config }: Till): Promise<string> {
  const { code, printed } = await wine.run([node, main, "journal", "verify", "--config", Wine.path(config)]);
  if (code !== 0) throw new Error(`${code} ${printed.slice(0, 300)}`);
  return printed.trim().split("\n").at(-1) ?? "";
}

async function doctor({ wine, node, main, config }: Till): Promise<string> {
  const { printed } = await wine.run([node, main, "doctor", "--json", "--config", Wine.path(config)]);
  const { checks } = JSON.parse(printed) as { checks: { name: string; state: string }[] };
  const states = Map.groupBy(checks, ({ state }) => state);
  return [...states].map(([state, list]) => `${state}: ${list.map(({ name }) => name).join(" ")}`).join("; ");
}

/** For real: files and registry. What the service manager is told is held against the plan, word for word, as a program hears it. */
async function installs(till: Till): Promise<string> {
  const { wine, folder, node, main, config } = till;
  const record = join(folder, "recorded.txt");
  const tools = { WINEPATH: Wine.path(join(folder, "recorders")), RECORD: Wine.path(record) };
  const steps = await planned(till, "install");
  const before = await ofOurs(wine);
  const installed = await wine.run([node, main, "service", "install", "--config", Wine.path(config)], tools);
  if (installed.code !== 0) throw new Error(installed.printed.slice(-600));
  const during = await ofOurs(wine);
  for (const word of ["https://pos.example.com", "pos.example.com", "UninstallString", "SmartCardStart"])
    if (!during.includes(word)) throw new Error(`${word} is not in the registry`);
  const told = steps.flatMap(({ command: [program = "", ...words] = [] }) =>
    recorded.includes(program) ? [words] : [],
  );
  const heard = (await readFile(record, "utf8"))
    .split("\n\n")
    .filter(Boolean)
    .map((call) => call.split("\n"));
  if (JSON.stringify(heard) !== JSON.stringify(told))
    throw new Error(`the programs heard ${JSON.stringify(heard).slice(0, 600)}`);
  const program = "C:\\Program Files\\Tillbridge";
  const words = [`${program}\\node.exe`, `${program}\\dist\\main.mjs`];
  const { printed: version } = await wine.run([...words, "--version"]);
  const uninstalled = await wine.run([...words, "service", "uninstall"], tools);
  if (uninstalled.code !== 0) throw new Error(uninstalled.printed.slice(-600));
  const left = difference(before, await ofOurs(wine));
  if (left.length > 0) throw new Error(`in the registry stayed: ${left.join(" | ").slice(0, 600)}`);
  return `${steps.length} steps, ${told.length} calls heard as meant, version ${version.trim()} from Program Files; nothing stays in the registry`;
}

/** Everything in the registry that the installation writes to. */
async function ofOurs(wine: Wine): Promise<string> {
  const uninstall = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall";
  const printed: string[] = [];
  for (const key of ["HKLM\\SOFTWARE\\Policies", "HKLM\\SOFTWARE\\Tillbridge", uninstall])
    printed.push((await wine.run(["reg", "query", key, "/s"])).printed);
  return printed.join("\n");
}

function difference(before: string, after: string): string[] {
  const known = new Set(before.split("\n"));
  return after.split("\n").filter((line) => line.trim() !== "" && !known.has(line));
}

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + waitMsMax;
  while (Date.now() < end) {
    if (await holds()) return;
    await wait(pauseMs);
  }
  throw new Error("it did not come");
}

async function late(words: string): Promise<never> {
  await wait(waitMsMax, undefined, { ref: false });
  return fail(words);
}

function fail(words: string): never {
  throw new Error(words);
}

const [archive] = commandLine("wine-smoke", {}, 1).words;
if (archive === undefined) wrongUsage("wine-smoke", "which archive?");
else if (!existsSync("/usr/bin/wine")) console.log("not run: there is no Wine (apt-get install wine64, Debian 13)");
else await main(archive);
