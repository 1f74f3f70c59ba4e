import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { accessCommand } from "../../daemon/cli/access/command.ts";
import { type StoredWebhook, storedWebhooksFile, storedWebhooksText } from "../../daemon/config/stored-webhooks.ts";
import { loadConfig } from "../../daemon/config/config.ts";
import { type Daemon, startDaemon } from "../../daemon/daemon.ts";
import { hangMs } from "../../daemon/journal/live/writer.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import {
  type BridgeClient,
  type CallableMethod,
  connect,
  type Params,
  type Result,
} from "../../daemon/protocol/client.ts";
import type { EventName, EventParams, StampedEvent } from "../../daemon/protocol/events.ts";
import { answerMsMax } from "../../daemon/devkit/simulator/platform/delivery.ts";
import { type Simulator, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld, type World } from "../../daemon/world.ts";
import { programFile } from "./bundle.ts";
import { openPty, type Pty } from "./pty.ts";

export interface TillOptions {
  /** Of a `process`: a command line that becomes the one it is given. strace does so with `-D`; else it alone would be killed. */
  readonly before?: readonly string[];
  /** Of a `process`: a bundled program, in place of the sources. */
  readonly program?: string;
  /** What else stands in the settings. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Replaces parts of the world that a till which runs `here` is in. */
  readonly world?: Partial<World>;
  /** `process`: the program itself, to be killed. `here`: in this process, where waiting takes a twentieth of the time. */
  readonly runs?: "process" | "here";
  /** For a till `here` beside programs of their own, which have no other time. */
  readonly realTime?: boolean;
  readonly capture?: "onApproval" | "onReceipt";
  readonly abandonAfterSeconds?: number;
  readonly currency?: "DKK" | "NOK" | "EUR";
  readonly tillId?: string;
  /** Default: the page hands check-ins in. */
  readonly checkIn?: Readonly<Record<string, unknown>>;
  /** Another till's, to share it: then that till closes it. */
  readonly simulator?: Simulator;
}

const beaconId = "123456789012345";
export const stickerText = `mobilepaypos://pos?id=${beaconId}&source=qr`;

/** A whole till: daemon on a real disk, socket and serial port, MobilePay's stand-in over HTTP, and a POS page's client. */
export class Till {
  readonly simulator: Simulator;
  readonly scanner: Pty;
  readonly events: StampedEvent[] = [];
  readonly folder: string;
  /** Used at the next start. */
  before: readonly string[] = [];
  world: Partial<World> = {};
  program = programFile;
  #client: BridgeClient | undefined;
  #daemon: Daemon | ChildProcess | undefined;
  #listeners = new Set<() => void>();
  readonly #runs: "process" | "here";
  readonly #token: string;
  /** The simulator is somebody else's. */
  readonly #guest: boolean;

  private constructor(parts: {
    simulator: Simulator;
    scanner: Pty;
    folder: string;
    token: string;
    runs: "process" | "here";
    guest: boolean;
  }) {
    this.simulator = parts.simulator;
    this.scanner = parts.scanner;
    this.folder = parts.folder;
    this.#token = parts.token;
    this.#runs = parts.runs;
    this.#guest = parts.guest;
  }

  static async open(options: TillOptions = {}): Promise<Till> {
    const world = options.runs === "process" || options.realTime === true ? realWorld() : quickWorld();
    const simulator =
      options.simulator ?? (await startSimulator({ world: patient(world), currency: options.currency ?? "DKK" }));
    const scanner = await openPty();
    const folder = await mkdtemp(join(tmpdir(), "tillbridge-till-"));
    await writeFile(
      join(folder, "tillbridge.json"),
      JSON.stringify({ ...configFor(options, simulator, scanner, folder), ...options.settings }),
      {
        mode: 0o600,
      },
    );
    const printed: string[] = [];
    await accessCommand(["add", "--name", "pos"], {
      dataDir: join(folder, "data"),
      print: (line) => printed.push(line),
    });
    const { runs = "here" } = options;
    const guest = options.simulator !== undefined;
    const till = new Till({ simulator, scanner, folder, token: printed.at(-1) ?? "", runs, guest });
    till.before = options.before ?? [];
    till.world = { ...world, ...options.world };
    till.program = options.program ?? till.program;
    await till.powerOn();
    return till;
  }

  /** Of the program, when it runs in a process of its own. */
  get pid(): number {
    return (this.#daemon as ChildProcess).pid ?? 0;
  }

  /** The page's. */
  get token(): string {
    return this.#token;
  }

  get dataDir(): string {
    return join(this.folder, "data");
  }

  get configFile(): string {
    return join(this.folder, "tillbridge.json");
  }

  /** What `tillbridge webhooks register` keeps. */
  async keepWebhook(webhook: Omit<StoredWebhook, "registeredAt">): Promise<void> {
    const kept = storedWebhooksText([{ ...webhook, registeredAt: new Date().toISOString() }]);
    await writeFile(storedWebhooksFile(join(this.folder, "data")), kept, { mode: 0o600 });
  }

  async powerOn(): Promise<void> {
    const port = this.#runs === "process" ? await this.#spawn() : await this.#startHere();
    // On a busy machine the page comes late: it also hears what was told before.
    await this.connect(port, 0);
  }

  /** A new page, in place of the one before. */
  async connect(port = this.port, afterSeq?: number): Promise<void> {
    this.port = port;
    this.#client?.close();
    const ready = Promise.withResolvers<void>();
    this.#client = connect({
      url: `ws://127.0.0.1:${port}/v1`,
      token: this.#token,
      client: { name: "test POS", version: "1" },
      ...(afterSeq !== undefined && { afterSeq }),
      onState: (state) => state.name === "ready" && ready.resolve(),
      onEvent: (event) => {
        this.events.push(event);
        for (const listener of this.#listeners) listener();
      },
    });
    await ready.promise;
  }

  port = 0;

  async #spawn(): Promise<number> {
    const program = [process.execPath, this.program, "run", "--config", this.configFile];
    const [name = "", ...words] = [...this.before, ...program];
    const child = spawn(name, words, {
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#daemon = child;
    const lines = createInterface({ input: child.stdout });
    const [line] = (await once(lines, "line")) as [string];
    return Number(/:(\d+)\/v1$/.exec(line)?.[1]);
  }

  async #startHere(): Promise<number> {
    const daemon = await startDaemon(loadConfig(this.configFile), {
      world: { ...quickWorld(), ...this.world },
      log: silentLogger,
      version: "0.0.0",
    });
    this.#daemon = daemon;
    return daemon.port;
  }

  /** SIGKILL: nothing is flushed, nothing is closed. */
  async pullThePlug(): Promise<void> {
    const child = this.#daemon as ChildProcess;
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    this.leave();
  }

  /** The program stands still as it is, and goes on. */
  freeze(): void {
    (this.#daemon as ChildProcess).kill("SIGSTOP");
  }

  thaw(): void {
    (this.#daemon as ChildProcess).kill("SIGCONT");
  }

  /** SIGTERM. Resolves when the process has ended. */
  async terminate(): Promise<void> {
    const child = this.#daemon as ChildProcess;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    this.leave();
  }

  /** The page goes away. */
  leave(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async stop(): Promise<void> {
    this.leave();
    if (this.#runs === "process") await this.pullThePlug();
    else await (this.#daemon as Daemon).stop();
  }

  async close(): Promise<void> {
    await this.stop();
    if (!this.#guest) await this.simulator.close();
    await this.scanner.remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  call<Name extends CallableMethod>(method: Name, params: Params<Name>): Promise<Result<Name>> {
    if (!this.#client) throw new Error("no page is connected");
    return this.#client.call(method, params);
  }

  /** The first event of this name that fits, whether it came already or is still to come. */
  async until<Name extends EventName>(
    name: Name,
    fits: (params: EventParams<Name>) => boolean = () => true,
  ): Promise<EventParams<Name>> {
    for (;;) {
      const found = this.events.find(
        ({ event, params }) => event === name && fits(params as unknown as EventParams<Name>),
      );
      if (found) return found.params as unknown as EventParams<Name>;
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  untilPayment(state: string, paymentId = "payment-1") {
    return this.until("payment.changed", ({ payment }) => payment.paymentId === paymentId && payment.state === state);
  }

  /** The states a payment went through, as they were told. */
  states(paymentId = "payment-1"): string[] {
    const told = this.events.flatMap(({ event, params }) =>
      event === "payment.changed" && params.payment.paymentId === paymentId ? [params.payment.state] : [],
    );
    return told.filter((state, index) => state !== told[index - 1]);
  }

  /** The scanner may have been ready before the page came. */
  async scannerReady(): Promise<void> {
    const { devices } = await this.call("device.list", {});
    if (devices[0]?.state !== "ready") await this.until("device.changed", ({ device }) => device.state === "ready");
  }

  /** Pairs the till with an old sticker, as typed. */
  async pair(tag = beaconId): Promise<void> {
    await this.call("pairing.register", { tag, locationDescription: "Counter 1" });
  }

  /** Starts a payment of 49.90 for sale-1. */
  start(change: Partial<Params<"payment.start">> = {}): Promise<Result<"payment.start">> {
    const amount = { currency: "DKK" as const, value: 4990 };
    return this.call("payment.start", {
      paymentId: "payment-1",
      sale: { saleId: "sale-1", total: amount },
      amount,
      customer: { by: "phone", phoneNumber: "4500000001" },
      ...change,
    });
  }

  /** The customer approves what is on the phone. */
  async approve(paymentId = "payment-1"): Promise<void> {
    const { payment } = await this.untilPayment("waitingForApproval", paymentId);
    this.simulator.platform.phone.approve(payment.reference);
  }

  /** Sells and makes the receipt. */
  async sell(change: Partial<Params<"payment.start">> = {}, receiptNumber = "receipt-1"): Promise<void> {
    const { paymentId } = await this.start(change);
    await this.approve(paymentId);
    await this.untilPayment("paid", paymentId);
    await this.call("payment.complete", { paymentId, receiptNumber });
  }

  /** MobilePay's books about a payment. */
  account(reference = "tillA-payment-1") {
    return this.simulator.platform.payments.get(reference);
  }
}

function configFor(
  { capture = "onApproval", abandonAfterSeconds = 30, currency = "DKK", tillId = "tillA", checkIn }: TillOptions,
  simulator: Simulator,
  scanner: Pty,
  folder: string,
) {
  const { clientId, clientSecret, subscriptionKey, merchantSerialNumber } = simulator.platform.unit.credentials;
  return {
    till: { id: tillId, name: "Till A" },
    dataDir: join(folder, "data"),
    listen: { port: 0 },
    mobilepay: {
      baseUrl: simulator.url,
      merchantSerialNumber,
      clientId,
      clientSecret,
      subscriptionKey,
      currency,
      capture,
    },
    ...(checkIn && { checkIn }),
    recovery: { abandonAfterSeconds },
    devices: [{ driver: "serial-scanner", path: scanner.path, baudRate: 9600 }],
  };
}

/** For MobilePay's stand-in, which waits for the answer to a webhook as long as a busy machine takes. */
export function patient(world: World): World {
  return { ...world, sleep: (ms, signal) => world.sleep(ms === answerMsMax ? ms * 1000 : ms, signal) };
}

/** Enough for a question and its answer, when both ends are in this process. */
const turnsOfTheLoop = 20;

/**
 * The real world, but waiting takes a twentieth of the time, and the clock for waiting runs as much faster. The disk is no quicker than
 * it is: how long it may take is real time.
 */
export function quickWorld(): World {
  const world = realWorld();
  const times = 20;
  return {
    ...world,
    monotonicMs: () => world.monotonicMs() * times,
    async sleep(ms, signal) {
      await world.sleep(ms === hangMs ? ms : ms / times, signal);
      // When a busy machine has held this process up, what has come meanwhile has its turn before time counts as over.
      for (let turn = 0; turn < turnsOfTheLoop && signal?.aborted !== true; turn += 1) await setImmediate();
    },
  };
}
