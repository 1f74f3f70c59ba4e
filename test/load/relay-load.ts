import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { commandLine } from "../support/command-line.ts";
import { freePort } from "../support/free-port.ts";
import { type BrokerUser, brokerUsers, Mosquitto } from "../support/mosquitto.ts";
import { sampleOf } from "../bench/figures.ts";
import { scan, type Told } from "./customers.ts";
import { msn, tagOf, tillName } from "./names.ts";
import { megabytesOf, type Part, processorMsOf, startPart } from "./process.ts";

const { tills, rate: perSecond, seconds } = commandLine("relay-load", { tills: 1000, rate: 50, seconds: 60 }).values;
const steps = 4;

const folder = await mkdtemp(join(tmpdir(), "tillbridge-relay-load-"));
const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
try {
  const figures = await measure();
  console.log(JSON.stringify(figures, undefined, 2));
} finally {
  for (const step of undo.toReversed()) await step();
}

async function measure() {
  const broker = await Mosquitto.start(users());
  undo.push(() => broker.close());
  const address = new URL(`https://relay.example.com/${msn}`);
  const secret = "the-secret-of-the-load";
  const relays = [await startRelay(broker, address, secret), await startRelay(broker, address, secret)];
  const memory = [memoryNow(0, broker, relays)];
  const groups: Part[] = [];
  const taken: { till: number; token: string }[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const count = tills / steps;
    const started = performance.now();
    groups.push(await startTills(broker, (step - 1) * count, count, taken));
    console.error(`${step * count} tills connected (${Math.round(performance.now() - started)} ms for ${count})`);
    memory.push(memoryNow(step * count, broker, relays));
  }
  const before = [broker.pid, ...relays.map(({ part }) => part.pid)].map(processorMsOf);
  const told = await scan({ tills, perSecond, seconds, ports: relays.map(({ port }) => port), url: address, secret });
  const used = [broker.pid, ...relays.map(({ part }) => part.pid)].map(
    (pid, at) => processorMsOf(pid) - (before[at] ?? 0),
  );
  memory.push(memoryNow(tills, broker, relays));
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    tills,
    perSecond,
    seconds,
    ...outcome(told, taken),
    webhookToAcknowledgedMs: {
      ...sampleOf(told.map(({ tookMs }) => tookMs)),
      max: Math.max(...told.map((it) => it.tookMs)),
    },
    processorMsPerCheckIn: {
      broker: (used[0] ?? 0) / told.length,
      relay: used.slice(1).reduce((sum, ms) => sum + ms, 0) / told.length,
    },
    memoryMegabytes: memory,
    backAfterBrokerRestartMs: await restart(broker, groups),
  };
}

/** Every check-in at its till, once, and acknowledged. */
function outcome(told: readonly Told[], taken: readonly { till: number; token: string }[]) {
  const times = Map.groupBy(taken, ({ token }) => token);
  const atWrongTill = told.filter(({ token, till }) => times.get(token)?.some((it) => it.till !== till));
  return {
    checkIns: told.length,
    acknowledged: told.filter(({ status }) => status === 200).length,
    takenOnce: told.filter(({ token }) => times.get(token)?.length === 1).length,
    atWrongTill: atWrongTill.length,
  };
}

function memoryNow(connected: number, broker: Mosquitto, relays: readonly { part: Part }[]) {
  return { tills: connected, broker: megabytesOf(broker.pid), relays: relays.map(({ part }) => megabytesOf(part.pid)) };
}

async function startRelay(broker: Mosquitto, url: URL, secret: string): Promise<{ part: Part; port: number }> {
  const port = await freePort();
  const config = {
    listen: { port },
    broker: { url: broker.url, username: "relay", password: "relay-password", ca: broker.ca },
    salesUnits: [{ merchantSerialNumber: msn, url: url.href, secret }],
    log: { level: "warn" },
  };
  const file = join(folder, `relay-${port}.json`);
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  const part = startPart(["dist/main.mjs", "relay", "--config", file]);
  undo.push(() => part.stop());
  await once(part.lines, "line");
  while ((await fetch(`http://127.0.0.1:${port}/health`)).status !== 200);
  return { part, port };
}

async function startTills(broker: Mosquitto, from: number, count: number, taken: { till: number; token: string }[]) {
  const part = startPart(["test/load/tills.ts", broker.url, broker.ca, String(from), String(count)]);
  undo.push(() => part.stop());
  const connected = Promise.withResolvers<void>();
  part.lines.on("line", (line) => {
    // Written by tills.ts.
    const said = JSON.parse(line) as { connected?: true; till: number; token: string };
    if (said.connected) connected.resolve();
    else taken.push(said);
  });
  await connected.promise;
  return part;
}

/** How long until the last till is back when the broker was killed and is there again. */
async function restart(broker: Mosquitto, groups: readonly Part[]): Promise<number> {
  await broker.kill();
  await broker.powerOn();
  const startedMs = performance.now();
  await Promise.all(groups.map(({ lines }) => untilConnected(lines)));
  return Math.round(performance.now() - startedMs);
}

async function untilConnected(lines: Part["lines"]): Promise<void> {
  for (;;) {
    const [line] = (await once(lines, "line")) as [string];
    if (line.includes("connected")) return;
  }
}

function users(): BrokerUser[] {
  const numbers = Array.from({ length: tills }, (_, index) => index);
  const owned = numbers.map((index) => [tillName(index), { tag: tagOf(index), prefix: tillName(index) }] as const);
  return brokerUsers(msn, Object.fromEntries(owned));
}
