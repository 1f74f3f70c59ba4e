import { join } from "node:path";
import { arch, memoryUsage, platform, version as nodeVersion } from "node:process";
import { type CheckInSource, startCheckInSource } from "./start-check-ins.ts";
import { type CheckIns, openCheckIns, type CheckInNotice } from "./check-in/check-ins.ts";
import type { Config } from "./config/config.ts";
import { consoleHandlers } from "./server/console/handlers.ts";
import { consolePages } from "./server/console/pages.ts";
import { createDevices, type Devices } from "./devices/devices.ts";
import { wedgeScanners } from "./devices/wedge-scanners.ts";
import { createEventLog, type EventLog } from "./server/event-log.ts";
import { healthOf, metricsOf } from "./server/health.ts";
import { type Journal, openJournal } from "./journal/journal.ts";
import type { Logger } from "./log/logger.ts";
import { createMobilePay, type MobilePay } from "./mobilepay/client.ts";
import { msisdnOf } from "./mobilepay/phone-number.ts";
import { createPairing, type Pairing } from "./pairing/pairing.ts";
import { openTill, type Till } from "./pairing/till.ts";
import { sweepNightly } from "./payments/reconcile/nightly.ts";
import { Payments } from "./payments/payments.ts";
import type { BridgeEvent } from "./protocol/events.ts";
import type { LogRecord } from "./protocol/values.ts";
import { openAccess } from "./server/access/access.ts";
import { handlersFor } from "./server/handlers.ts";
import { type RpcServer, startRpcServer } from "./server/server.ts";
import { readTls } from "./server/tls-files.ts";
import type { World } from "./world.ts";

export interface DaemonContext {
  readonly world: World;
  readonly log: Logger;
  readonly version: string;
  /** The newest records of the log, for the console. */
  readonly logTail?: () => LogRecord[];
}

export interface Daemon {
  readonly port: number;
  /** A sale is under way: a bad moment to switch off. */
  isBusy(): boolean;
  /** Lets go of everything in reverse order. What is under way with MobilePay goes on at the next start. */
  stop(): Promise<void>;
}

/**
 * Starts a till: the journal, then payments (open ones are taken over), then the door for the POS page, then the devices. Throws
 * what forbids running at all: `JournalLocked`, `JournalNewer`, `AccessFileError`, `ListenError`.
 */
export async function startDaemon(config: Config, context: DaemonContext): Promise<Daemon> {
  const started = new AsyncDisposableStack();
  const stop = () => started.disposeAsync().catch((error: unknown) => logEach(error, context.log));
  try {
    return { ...(await startParts(config, context, started)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openJournalOf({ dataDir, journal, till }: Config, { world, log, version }: DaemonContext): Promise<Journal> {
  const { secondFolder: parent } = journal;
  const secondFolder = parent === undefined ? undefined : join(parent, till.id);
  return openJournal({ dataDir, secondFolder, world, version, log: log.child("journal") });
}

function mobilePayOf({ mobilepay }: Config, { world, log, version }: DaemonContext, events: EventLog): MobilePay {
  return createMobilePay({
    ...mobilepay,
    systemName: "tillbridge",
    systemVersion: version,
    world,
    log,
    onHealth: (mobilePay) => events.publish({ event: "mobilePay.changed", params: { mobilePay } }),
  });
}

async function startParts(
  config: Config,
  context: DaemonContext,
  started: AsyncDisposableStack,
): Promise<Pick<Daemon, "port" | "isBusy">> {
  const { world, log, version } = context;
  const { dataDir } = config;
  const journal = await openJournalOf(config, context);
  started.defer(() => journal.close());
  const events = createEventLog({ nextSeq: () => journal.nextSeq(), lastSeq: journal.nextSeq(), world, log });
  journal.watch((health) => events.publish({ event: "journal.changed", params: { journal: { ...health } } }));
  const mobilePay = mobilePayOf(config, context, events);
  started.defer(() => mobilePay.close());
  const checkInSource: { by?: CheckInSource } = {};
  const emit = (event: BridgeEvent) => {
    events.publish(event);
    if (event.event === "till.changed") checkInSource.by?.tillChanged();
  };
  const till = await startTill(config, context, { journal, mobilePay, emit });
  started.defer(() => till.payments.stop());
  const health = () =>
    healthOf({
      version,
      uptimeMs: world.monotonicMs(),
      checkIn: { mode: config.checkIn.mode, state: checkInSource.by?.state() ?? "connecting" },
      ...healthInputs(till, journal, mobilePay),
    });
  const access = await openAccess({ dataDir, world, log: log.child("access") });
  started.defer(() => access.close());
  const server: RpcServer = await startRpcServer({
    port: config.listen.port,
    tls: await readTls(config.listen.tls, "listen.tls"),
    origins: config.origins,
    handlers: {
      ...handlersFor({ ...till, health }),
      ...consoleHandlers({
        access,
        world,
        connected: () => server.counts().connected,
        system: { node: nodeVersion, platform: `${platform} ${arch}` },
        logTail: context.logTail ?? (() => []),
        scanners: () => wedgeScanners(),
      }),
    },
    answerInTime: (work) => journal.answerInTime(work),
    events,
    access,
    pages: {
      health,
      metrics: () => metricsOf(health(), memoryUsage.rss()),
      page: consolePages(),
    },
    tillStatus: () => ({ till: till.till.view(), recoveryOpen: till.payments.recoveryItems().length }),
    version,
    world,
    log: log.child("rpc"),
  });
  started.defer(() => server.close());
  till.devices.start();
  started.defer(() => till.devices.stop());
  checkInSource.by = await startCheckInSource(config, { ...sourcePorts(till), mobilePay, world, log, version });
  started.defer(() => checkInSource.by?.close());
  started.defer(workAtNight(till, journal, context));
  return { port: server.port, isBusy: () => till.payments.isBusy };
}

/** Once a day, off the path of a sale: compare with MobilePay. Returns what ends it. */
function workAtNight({ payments }: TillParts, { sweeps }: Journal, { world, log }: DaemonContext): () => void {
  const stopping = new AbortController();
  const sweep = (stop: AbortSignal) => payments.sweep(sweeps, stop);
  void sweepNightly({ world, log: log.child("sweep"), sweeps, sweep }, stopping.signal);
  return () => stopping.abort();
}

interface TillParts {
  readonly till: Till;
  readonly payments: Payments;
  readonly checkIns: CheckIns;
  readonly pairing: Pairing;
  readonly devices: Devices;
}

interface SharedParts {
  readonly journal: Journal;
  readonly mobilePay: MobilePay;
  readonly emit: (event: BridgeEvent) => void;
}

/** The parts that make the till what it is, each given the others it needs. Payments left open are taken over. */
async function startTill(
  config: Config,
  { world, log }: DaemonContext,
  { journal, mobilePay, emit }: SharedParts,
): Promise<TillParts> {
  const { merchantSerialNumber, brand, currency, capture } = config.mobilepay;
  const till = await openTill({ tillId: config.till.id, name: config.till.name, brand }, journal.till, emit);
  const tagId = () => till.view().terminal?.tagId;
  const checkIns: CheckIns = await openCheckIns({
    store: journal.checkIns,
    merchantSerialNumber,
    maxAgeBeforeSaleSeconds: config.checkIn.maxAgeBeforeSaleSeconds,
    world,
    tagId,
    mobilePayNow: () => mobilePay.timeNow(),
    deliver: (checkIn) => payments.customerFound({ by: "tillTag", customerToken: checkIn.customerToken }, checkIn),
    emit,
  });
  const payments: Payments = new Payments({
    store: journal.payments,
    gateway: mobilePay.gateway,
    world,
    log: log.child("payments"),
    emit,
    tillId: config.till.id,
    currency,
    capture,
    abandonAfterMs: config.recovery.abandonAfterSeconds * 1000,
    saleIdMs: config.recovery.saleIdHours * 3_600_000,
    mobilePayTime: { now: () => mobilePay.timeNow(), learn: () => mobilePay.learnTime() },
    msisdnOf: (typed) => msisdnOf(typed, currency),
    isPaired: () => till.view().paired,
    consumeCheckIn: () => checkIns.consumeNewest(),
    // What cannot be written now waits on.
    onCustomerAwaited: () => void checkIns.assignNewest().catch(() => undefined),
    onSaleEnded: () => checkIns.onSaleEnded(),
  });
  await payments.resume();
  const pairing = createPairing({ till, tags: mobilePay.tags, world, log: log.child("pairing"), emit });
  const consumers = { pairing, ownTagId: tagId, payments: scansFor(payments) };
  const devices = createDevices({ devices: config.devices, world, log: log.child("devices"), emit, consumers });
  return { till, payments, checkIns, pairing, devices };
}

function scansFor(payments: Payments) {
  return {
    wantsCustomerQr: () => payments.awaits("customerQr"),
    takeCustomerQr: (content: string) => payments.customerFound({ by: "customerQr", content }),
  };
}

function sourcePorts({ till, payments, checkIns }: TillParts) {
  return {
    notify: (notice: CheckInNotice) => checkIns.notify(notice),
    requery: (reference: string) => payments.requery(reference),
    tagId: () => till.view().terminal?.tagId,
  };
}

function healthInputs({ payments, devices }: TillParts, journal: Journal, mobilePay: MobilePay) {
  return {
    journal: journal.health(),
    mobilePay: mobilePay.health(),
    devices: devices.list(),
    recoveryOpen: payments.recoveryItems().length,
  };
}

/** A part that fails to end keeps none of the rest from ending; what failed is logged, each error. */
function logEach(error: unknown, log: Logger): void {
  const isSeveral = error instanceof SuppressedError;
  log.error("a part of the daemon did not end cleanly", { error: isSeveral ? error.error : error });
  if (isSeveral) logEach(error.suppressed, log);
}
