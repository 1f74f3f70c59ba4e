import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTillLink } from "../../daemon/check-in/mqtt.ts";
import { type Broker, type Incoming, openMqttConnection } from "../../daemon/check-in/mqtt-connection.ts";
import type { TillPorts } from "../../daemon/check-in/till-ports.ts";
import { type Logger, silentLogger } from "../../daemon/log/logger.ts";
import { checkInEvent, paymentEvents } from "../../daemon/mobilepay/webhooks.ts";
import { prefixOf } from "../../daemon/payments/payment/references-and-keys.ts";
import { answerMsMax } from "../../daemon/check-in/relay/till-requests.ts";
import { type Relay, startRelay } from "../../daemon/check-in/relay/relay.ts";
import { signatureHeaders } from "../../daemon/devkit/simulator/platform/signature.ts";
import { defaultCredentials } from "../../daemon/devkit/simulator/sales-unit.ts";
import { type Simulator, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld, type World } from "../../daemon/world.ts";
import { freePort } from "./free-port.ts";
import { type BrokerUser, brokerUsers, Mosquitto } from "./mosquitto.ts";
import { Program } from "./program.ts";
import { patient, quickWorld, Till } from "./till.ts";
import { until } from "./until.ts";

export const tags = { tillA: "100000000000001", tillB: "100000000000002" } as const;
export type TillName = keyof typeof tags;
export const msn = defaultCredentials.merchantSerialNumber;

const users: readonly BrokerUser[] = [
  ...brokerUsers(
    msn,
    Object.fromEntries(Object.entries(tags).map(([name, tag]) => [name, { tag, prefix: prefixOf(name) }])),
  ),
  { name: "spy", password: "spy-password", may: ["topic read tillbridge/#"] },
];

/** MobilePay, relays, a real broker and tills, as in a chain of shops. */
export class Chain {
  readonly broker: Mosquitto;
  readonly simulator: Simulator;
  /** The address that is registered with MobilePay, and its secret. */
  readonly registration: { readonly url: string; readonly secret: string };
  readonly #world: World;
  readonly #runs: "here" | "process";
  readonly #undo: (() => Promise<void>)[] = [];
  #presence: Incoming[] = [];
  readonly #watchers = new Set<() => void>();

  private constructor(
    broker: Mosquitto,
    simulator: Simulator,
    options: { registration: Chain["registration"]; world: World; runs: "here" | "process" },
  ) {
    this.broker = broker;
    this.simulator = simulator;
    this.registration = options.registration;
    this.#world = options.world;
    this.#runs = options.runs;
  }

  /** `process`: tills are programs of their own, and time is real. Else waiting takes a twentieth of the time. */
  static async open(runs: "here" | "process" = "here"): Promise<Chain> {
    const world = runs === "here" ? quickWorld() : realWorld();
    const broker = await Mosquitto.start(users);
    const simulator = await startSimulator({ world: patient(world) });
    const url = `http://127.0.0.1:${await freePort()}/${msn}`;
    const { secret } = simulator.platform.webhooks.register(msn, url, [checkInEvent, ...paymentEvents]);
    const chain = new Chain(broker, simulator, { registration: { url, secret }, world, runs });
    await chain.watchPresence();
    return chain;
  }

  async close(): Promise<void> {
    for (const step of this.#undo.splice(0).toReversed()) await step();
    await this.simulator.close();
    await this.broker.close();
  }

  async account(username: string): Promise<Broker> {
    const ca = await readFile(this.broker.ca, "utf8");
    return { url: this.broker.url, username, password: `${username}-password`, ca };
  }

  /** A client of its own at the broker. */
  async connect(broker: Broker, subscriptions: readonly string[] = [], onMessage = (_heard: Incoming) => {}) {
    const clientId = `client-${this.#world.uuid()}`;
    const session = await openMqttConnection({ broker, clientId, subscriptions, onMessage, world: realWorld() });
    this.#undo.push(() => session.close());
    return session;
  }

  /** The office sees which tills are up. To be called again when the broker has come back. */
  async watchPresence(): Promise<void> {
    await this.connect(await this.account("office"), ["tillbridge/+/tills/+"], (message) => {
      this.#presence.push(message);
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** Resolves when the newest that was told of this till is so. */
  async untilPresent(name: TillName, state: "online" | "offline", tagId?: string): Promise<void> {
    const topic = `tillbridge/${msn}/tills/${name}`;
    const isSo = () => {
      const newest = this.#presence.findLast((message) => message.topic === topic);
      const told = newest && (JSON.parse(Buffer.from(newest.payload).toString()) as { state: string; tagId?: string });
      return told?.state === state && told.tagId === tagId;
    };
    await untilTold(isSo, this.#watchers);
  }

  /** Only what is told from now on counts. */
  forgetPresence(): void {
    this.#presence = [];
  }

  /**
   * The first is the one that MobilePay's requests come to. Resolves when it has its broker. It waits for a till's answer as long as that
   * takes, unless it is `hurried`: what it says then, it says because it knows.
   */
  async relay({ hurried = false } = {}): Promise<Relay> {
    const { log, logged } = hearingLogger("connected to the broker");
    const { url, secret } = this.registration;
    const first = !this.#hasRelay;
    this.#hasRelay = true;
    const relay = await startRelay({
      listen: { address: "127.0.0.1", port: first ? Number(new URL(url).port) : 0 },
      broker: await this.account("relay"),
      topicPrefix: "tillbridge",
      registrations: [{ url, merchantSerialNumber: msn, secrets: () => [secret] }],
      // In real time, whatever the tills' is; MobilePay's stand-in has a clock of its own.
      world: { ...(hurried ? realWorld() : unhurried()), now: () => this.simulator.clock.now() },
      log,
    });
    this.#undo.push(() => relay.close());
    await logged;
    return relay;
  }

  #hasRelay = false;

  /** A relay that is a program of its own. `sent` resolves when it has handed a check-in to the broker. */
  async relayProcess(): Promise<{ port: number; sent: Promise<void>; program: Program }> {
    const folder = await mkdtemp(join(tmpdir(), "tillbridge-relay-"));
    this.#undo.push(() => rm(folder, { recursive: true }));
    const { url, username, password } = await this.account("relay");
    const { secret, url: registered } = this.registration;
    const config = {
      listen: { port: await freePort() },
      broker: { url, username, password, ca: this.broker.ca },
      salesUnits: [{ merchantSerialNumber: msn, url: registered, secret }],
    };
    const file = join(folder, "relay.json");
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    const { promise: sent, resolve } = Promise.withResolvers<void>();
    await this.connect(await this.account("spy"), ["tillbridge/+/check-ins/+"], () => resolve());
    const program = new Program(["relay", "--config", file]);
    this.#undo.push(() => program.stop("SIGKILL").then(() => undefined));
    if (!(await program.firstLine).startsWith("tillbridge relay ready")) throw new Error((await program.ended).stderr);
    await this.untilConnected(config.listen.port);
    return { port: config.listen.port, sent, program };
  }

  /** Resolves when this relay has its broker. */
  async untilConnected(port: number): Promise<void> {
    await until(async () => (await fetch(`http://127.0.0.1:${port}/health`)).status === 200);
  }

  /** A till that is paired with its tag. Resolves when it listens for its customers. */
  async till(name: TillName): Promise<Till> {
    const { url, username, password } = await this.account(name);
    const checkIn = { mode: "mqtt", url, username, password, ca: this.broker.ca };
    const till = await Till.open({ tillId: name, checkIn, simulator: this.simulator, runs: this.#runs });
    this.#undo.push(() => till.close());
    await till.pair(tags[name]);
    await this.untilPresent(name, "online", tags[name]);
    return till;
  }

  /** A till's link to the broker alone, in place of a whole till. */
  async link(name: TillName, till: Partial<TillPorts>): Promise<void> {
    const link = startTillLink({
      broker: await this.account(name),
      topicPrefix: "tillbridge",
      merchantSerialNumber: msn,
      tillId: name,
      referencePrefix: prefixOf(name),
      tagId: () => tags[name],
      version: "0.0.0",
      notify: async () => false,
      requery: () => undefined,
      ...till,
      world: this.#world,
      log: silentLogger,
    });
    this.#undo.push(() => link.close());
    await this.untilPresent(name, "online", tags[name]);
  }

  checkIn(name: TillName, change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const initiatedAt = new Date(this.simulator.clock.now()).toISOString();
    return { customerToken: `token-${this.#world.uuid()}`, merchantQrId: tags[name], msn, initiatedAt, ...change };
  }

  /** One of a customer who is there: it can be paid with. Nobody has been told of it yet. */
  async customerAt(name: TillName): Promise<Record<string, unknown>> {
    const { merchantQrs, phone } = this.simulator.platform;
    merchantQrs.put(msn, "nobody-s", "In the store room");
    const scanned = await phone.scanTag("nobody-s");
    if (!("checkIn" in scanned)) throw new Error("no customer");
    return this.checkIn(name, { customerToken: scanned.checkIn.customerToken });
  }

  /** Tells a relay, as MobilePay would; `status` is 0 when the connection broke. */
  tell(
    port: number,
    body: unknown,
    { secret = this.registration.secret, agoMs = 0 } = {},
  ): Promise<{ readonly status: number }> {
    const url = new URL(this.registration.url);
    const content = JSON.stringify(body);
    const date = new Date(this.simulator.clock.now() - agoMs).toUTCString();
    const headers = signatureHeaders(secret, { url, date, body: content });
    return new Promise((resolve) => {
      const done = (status: number) => resolve({ status });
      const sent = request({ host: "127.0.0.1", port, path: url.pathname, method: "POST", headers }, (response) => {
        response.resume();
        done(response.statusCode ?? 0);
      });
      sent.on("error", () => done(0));
      sent.end(content);
    });
  }
}

/** The real world, but for a till's answer there is no limit. */
function unhurried(): World {
  const world = realWorld();
  return { ...world, sleep: (ms, signal) => (ms === answerMsMax ? untilAborted(signal) : world.sleep(ms, signal)) };
}

function untilAborted(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
}

async function untilTold(isSo: () => boolean, watchers: Set<() => void>): Promise<void> {
  while (!isSo()) {
    await new Promise<void>((resolve) => {
      const watcher = () => {
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
    });
  }
}

/** A logger that tells when it is told this. */
function hearingLogger(message: string): { log: Logger; logged: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const log: Logger = {
    ...silentLogger,
    info: (said) => {
      if (said === message) resolve();
    },
    child: () => log,
  };
  return { log, logged: promise };
}
