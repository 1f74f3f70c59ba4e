import { readFile } from "node:fs/promises";
import { memoryUsage } from "node:process";
import { type CheckIns, createCheckIns } from "./checkin/check-ins.ts";
import type { Config } from "./config.ts";
import { statusPage } from "./console/status-page.ts";
import { createDevices, type Devices } from "./devices/devices.ts";
import { createEventLog } from "./events.ts";
import { healthOf, metricsOf } from "./health.ts";
import { type Journal, openJournal } from "./journal/journal.ts";
import type { Logger } from "./logger.ts";
import { createMobilePay, type MobilePay } from "./mobilepay/client.ts";
import { createPairing, type Pairing } from "./pairing/pairing.ts";
import { openTill, type Till } from "./pairing/till.ts";
import { Payments } from "./payments/payments.ts";
import type { BridgeEvent } from "./protocol/events.ts";
import { openAccess } from "./rpc/access.ts";
import { handlersFor } from "./rpc/handlers.ts";
import { ListenError } from "./rpc/listen.ts";
import { startRpcServer } from "./rpc/server.ts";
import type { World } from "./world.ts";

export interface Surroundings {
  readonly world: World;
  readonly log: Logger;
  readonly version: string;
}

export interface Daemon {
  readonly port: number;
  /** Lets go of everything in reverse order. What is under way with MobilePay goes on at the next start. */
  stop(): Promise<void>;
}

/**
 * Starts a till: the journal, then payments (open ones are taken over), then the door for the POS page, then the devices. Throws
 * what forbids running at all: `JournalLocked`, `JournalNewer`, `AccessFileError`, `ListenError`.
 */
export async function startDaemon(config: Config, surroundings: Surroundings): Promise<Daemon> {
  const undo: Undo = [];
  const stop = () => stopAll(undo, surroundings.log);
  try {
    const port = await startParts(config, surroundings, undo);
    return { port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What has been started, and how to end it. */
type Undo = (() => Promise<void> | void)[];

async function startParts(config: Config, surroundings: Surroundings, undo: Undo): Promise<number> {
  const { world, log, version } = surroundings;
  const { dataDir } = config;
  const journal = await openJournal({ dataDir, now: () => world.now(), version, log: log.child("journal") });
  undo.push(() => journal.close());
  const events = createEventLog({ nextSeq: () => journal.nextSeq(), lastSeq: journal.nextSeq(), world, log });
  const mobilePay = createMobilePay({
    ...config.mobilepay,
    systemName: "tillbridge",
    systemVersion: version,
    world,
    log,
  });
  undo.push(() => mobilePay.close());
  const till = await startTill(config, surroundings, { journal, mobilePay, emit: (event) => events.publish(event) });
  undo.push(() => till.payments.stop());
  const health = () => healthOf({ version, uptimeMs: world.monotonicMs(), ...vitals(till, journal, mobilePay) });
  const access = await openAccess({ dataDir, world, log: log.child("access") });
  undo.push(() => access.close());
  const server = await startRpcServer({
    port: config.listen.port,
    tls: await readTls(config.listen.tls),
    origins: config.origins,
    handlers: handlersFor({ ...till, health }),
    events,
    access,
    pages: {
      health,
      metrics: () => metricsOf(health(), memoryUsage.rss()),
      page: (path) => (path === "/" ? html(statusPage(config.till.name, health())) : undefined),
    },
    identity: () => ({ till: till.till.view(), recoveryOpen: till.payments.recoveryItems().length }),
    version,
    world,
    log: log.child("rpc"),
  });
  undo.push(() => server.close());
  till.devices.start();
  undo.push(() => till.devices.stop());
  return server.port;
}

function html(body: string) {
  return { contentType: "text/html; charset=utf-8", body };
}

/** Throws `ListenError` when the files cannot be read or do not belong together. */
async function readTls(files: Config["listen"]["tls"]): Promise<{ cert: string; key: string } | undefined> {
  if (!files) return undefined;
  const { createSecureContext } = await import("node:tls");
  try {
    const cert = await readFile(files.certificate, "utf8");
    const key = await readFile(files.key, "utf8");
    if (cert.trim() === "" || key.trim() === "") throw new Error("empty");
    createSecureContext({ cert, key });
    return { cert, key };
  } catch {
    throw new ListenError("the certificate and key that listen.tls names cannot be read, or do not belong together");
  }
}

interface TillParts {
  readonly till: Till;
  readonly payments: Payments;
  readonly checkIns: CheckIns;
  readonly pairing: Pairing;
  readonly devices: Devices;
}

interface Outside {
  readonly journal: Journal;
  readonly mobilePay: MobilePay;
  readonly emit: (event: BridgeEvent) => void;
}

/** The parts that make the till what it is, each given the others it needs. Payments left open are taken over. */
async function startTill(
  config: Config,
  { world, log }: Surroundings,
  { journal, mobilePay, emit }: Outside,
): Promise<TillParts> {
  const { merchantSerialNumber, brand, currency, capture } = config.mobilepay;
  const till = await openTill({ tillId: config.till.id, name: config.till.name, brand }, journal.till, emit);
  const tagId = () => till.view().terminal?.tagId;
  const checkIns: CheckIns = createCheckIns({
    merchantSerialNumber,
    maxAgeBeforeSaleSeconds: config.checkIn.maxAgeBeforeSaleSeconds,
    world,
    tagId,
    mobilePayNow: () => mobilePayNow(world, mobilePay),
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
    paired: () => till.view().paired,
    takeCheckIn: () => checkIns.take(),
    saleEnded: () => checkIns.saleEnded(),
  });
  await payments.resume();
  const pairing = createPairing({ till, tags: mobilePay.tags, world, log: log.child("pairing"), emit });
  const takers = { pairing, ownTagId: tagId, payments: scansFor(payments) };
  const devices = createDevices({ devices: config.devices, world, log: log.child("devices"), emit, takers });
  return { till, payments, checkIns, pairing, devices };
}

function scansFor(payments: Payments) {
  return {
    wantsCustomerQr: () => payments.awaits("customerQr"),
    takeCustomerQr: (content: string) => payments.customerFound({ by: "customerQr", content }),
  };
}

/** MobilePay's clock, by the till's own and what they differed by at the last answer. */
function mobilePayNow(world: World, mobilePay: MobilePay): number | undefined {
  const { clockSkewSeconds } = mobilePay.health();
  return clockSkewSeconds === undefined ? undefined : world.now() - clockSkewSeconds * 1000;
}

function vitals({ payments, devices }: TillParts, journal: Journal, mobilePay: MobilePay) {
  return {
    journal: journal.health(),
    mobilePay: mobilePay.health(),
    devices: devices.list(),
    recoveryOpen: payments.recoveryItems().length,
  };
}

/** Ends in reverse order. What fails to end must not keep the rest from ending. */
async function stopAll(undo: Undo, log: Logger): Promise<void> {
  for (let end = undo.pop(); end; end = undo.pop()) {
    try {
      await end();
    } catch (error) {
      log.error("a part of the daemon did not end cleanly", { error });
    }
  }
}
