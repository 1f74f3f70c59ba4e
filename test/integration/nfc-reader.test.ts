import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createDevices } from "../../daemon/devices/devices.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import { createPairing } from "../../daemon/pairing/pairing.ts";
import { openTill } from "../../daemon/pairing/till.ts";
import type { BridgeEvent } from "../../daemon/protocol/events.ts";
import { realWorld } from "../../daemon/world.ts";
import { createDeviceAssignments } from "../../drivers/device-assignments.ts";
import { DeviceFailed, DeviceLost, type DeviceRead } from "../../drivers/driver.ts";
import { nfcReader } from "../../drivers/nfc-reader/nfc-reader.ts";
import { FakeTagGateway } from "../support/fake-tag-gateway.ts";
import { FakeTillStore } from "../support/fake-till-store.ts";
import { layTag, type LyingTag } from "../support/nfc-tag.ts";
import { atrs, textMessage, type2Tag, type4Tag, uriMessage } from "../support/nfc-tags.ts";
import { openPcscd, type SmartCardService } from "../support/pcscd.ts";
import { until } from "../support/until.ts";

const leftovers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

const uid = Buffer.from("04a1b2c3d4e5f6", "hex");
const never = () => new AbortController().signal;

async function smartCardService(name?: string): Promise<SmartCardService> {
  const service = await openPcscd(name);
  leftovers.push(() => service.remove());
  return service;
}

function driverFor(socket: string, name?: string, claims = createDeviceAssignments()) {
  const driver = nfcReader({ socket, ...(name !== undefined && { name }) }, realWorld(), claims);
  leftovers.push(async () => driver.end?.());
  return driver;
}

async function connected(service: SmartCardService) {
  const driver = driverFor(service.socket);
  const connection = await driver.open(never());
  return { driver, connection, reads: connection.reads()[Symbol.asyncIterator]() };
}

async function next(reads: AsyncIterator<DeviceRead>): Promise<DeviceRead> {
  const { value, done } = await reads.next();
  if (done === true) throw new Error("no more reads");
  return value;
}

/** Lays a type 2 tag on the first reader. */
function lay({ readers: [{ port }] }: SmartCardService, message: Buffer, more: { pulledAfter?: number } = {}) {
  return layTag(port, { atr: atrs.type2, answer: type2Tag(uid, message), ...more });
}

async function lift(service: SmartCardService, tag: LyingTag): Promise<void> {
  const removed = service.says("Card Removed From");
  await tag.lift();
  await removed;
}

describe("a tag", () => {
  test("of either type is read, with number, kind and records", async () => {
    const service = await smartCardService();
    const { reads } = await connected(service);
    const first = await lay(service, uriMessage("mobilepaypos://pos?id=1"));
    expect(await next(reads)).toEqual({
      kind: "tap",
      uid: uid.toString("hex"),
      atr: atrs.type2.toString("hex"),
      records: [{ type: "uri", value: "mobilepaypos://pos?id=1" }],
    });
    await lift(service, first);
    const text = textMessage("a longer text".repeat(30));
    await layTag(service.readers[0].port, { atr: atrs.type4, answer: type4Tag(uid, text) });
    expect(await next(reads)).toMatchObject({ kind: "tap", records: [{ type: "text" }] });
  });

  test("that is pulled away in the middle says so, and the next is read", async () => {
    const service = await smartCardService();
    const { reads } = await connected(service);
    await lay(service, textMessage("a text that takes more than one block"), { pulledAfter: 3 });
    expect(await next(reads)).toEqual({ kind: "failed", detail: expect.stringContaining("too soon") });
    await service.says("Card Removed From");
    await lay(service, textMessage("whole"));
    expect(await next(reads)).toMatchObject({ records: [{ value: "whole" }] });
  });

  test("that answers nothing does not keep the next from being read", async () => {
    const service = await smartCardService();
    const { reads } = await connected(service);
    const mute = await layTag(service.readers[0].port, { atr: atrs.type2, answer: () => undefined });
    await mute.wasAsked(1);
    await lift(service, mute);
    expect(await next(reads)).toMatchObject({ kind: "failed" });
    await lay(service, textMessage("after"));
    expect(await next(reads)).toMatchObject({ records: [{ value: "after" }] });
  });

  test("held up for a moment only, again and again, is read or refused, and the reader goes on", async () => {
    const service = await smartCardService();
    const { reads } = await connected(service);
    for (let turn = 0; turn < 5; turn += 1) {
      const inserted = service.says("Card inserted into");
      const tag = await lay(service, textMessage(`tag ${turn}`));
      await inserted;
      await lift(service, tag);
    }
    const last = await lay(service, textMessage("the last"));
    const seen: DeviceRead[] = [];
    while (!JSON.stringify(seen).includes("the last")) seen.push(await next(reads));
    expect(seen.length).toBeLessThanOrEqual(6);
    await lift(service, last);
  });

  test("that lies there when the till starts is read once", async () => {
    const service = await smartCardService();
    const tag = await lay(service, textMessage("early"));
    // Its log tells of a tag only if the service was quicker than it.
    await tag.wasSeen();
    const { reads } = await connected(service);
    expect(await next(reads)).toMatchObject({ records: [{ value: "early" }] });
  });
});

describe("the smart-card service", () => {
  test.each(["SIGTERM", "SIGKILL"] as const)("ended by %s and started again is noticed both times", async (signal) => {
    const service = await smartCardService();
    const { driver, connection, reads } = await connected(service);
    const lost = next(reads).catch((error: unknown) => error);
    await service.stop(signal);
    expect(await lost).toBeInstanceOf(DeviceLost);
    await connection.close();

    const arrived = driver.arrival?.(never());
    await service.start();
    await arrived;
    const again = await driver.open(never());
    await lay(service, textMessage("again"));
    expect(await next(again.reads()[Symbol.asyncIterator]())).toMatchObject({ records: [{ value: "again" }] });
  });

  test("has its time to tell of its readers, however long its process takes to start on a slow till", async () => {
    const service = await smartCardService();
    const slowTill = `
      const send = process.send.bind(process);
      process.send = (message, ...more) =>
        message.names?.length > 0 ? setTimeout(send, 300, message, ...more) : send(message, ...more);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);`;
    vi.stubEnv("NODE_OPTIONS", preload(slowTill));
    leftovers.push(async () => vi.unstubAllEnvs());
    expect((await driverFor(service.socket).open(never())).identity).toBe(service.readers[0].name);
  });

  test("that fails to watch one of its readers is asked anew, and the reader is back", async () => {
    const service = await smartCardService();
    // As the binding tells it; the list of readers has not changed, and will not.
    vi.stubEnv(
      "NODE_OPTIONS",
      preload(`
        const { NFC } = process.getBuiltinModule("module").createRequire(process.cwd() + "/")("nfc-pcsc");
        const { emit } = NFC.prototype;
        NFC.prototype.emit = function (event, reader) {
          if (event === "reader") setTimeout(() => {
            reader.reader.emit("error", new Error("SCardGetStatusChange error"));
            reader.reader.emit("_end");
          }, 300);
          return emit.apply(this, arguments);
        };`),
    );
    leftovers.push(async () => vi.unstubAllEnvs());
    const { driver, connection, reads } = await connected(service);
    await expect(reads.next()).rejects.toThrow(DeviceLost);
    await connection.close();
    vi.unstubAllEnvs();
    const ending = new AbortController();
    leftovers.push(async () => ending.abort());
    await driver.arrival?.(ending.signal);
    expect((await driver.open(never())).identity).toBe(service.readers[0].name);
  });

  test("that is not there is said at once, and no process is started that would wait for it", async () => {
    const driver = driverFor(join(tmpdir(), "tillbridge-no-such.comm"));
    const before = children();
    const refusal: unknown = await driver.open(never()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DeviceFailed);
    expect(String(refusal)).toContain("doctor");
    expect(children()).toEqual(before);
  });

  test("that takes a call and never answers costs one process, which is ended", async () => {
    const mute = await muteService();
    const driver = driverFor(mute.socket);
    const opening = driver.open(never()).catch((error: unknown) => error);
    await mute.called(2);
    const before = children();
    expect(before).toHaveLength(1);
    expect(String(await opening)).toContain("does not answer");
    await until(() => children().length === 0);
  });

  test("that hangs up on every caller lets this user in no more, as one that wants a permission does", async () => {
    const rude = await muteService({ hangsUp: true });
    const driver = driverFor(rude.socket);
    await expect(driver.open(never())).rejects.toThrow("may not use");
    await until(() => children().length === 0);
    // A second try does not start another process at once.
    await expect(driver.open(never())).rejects.toThrow("may not use");
    expect(children()).toEqual([]);
  });

  test("that goes away just as it is called makes a process spin, which is ended", async () => {
    const service = await smartCardService();
    const driver = driverFor(service.socket);
    const opening = driver.open(never()).catch((error: unknown) => error);
    await until(() => children().length > 0);
    await service.stop("SIGKILL");
    expect(await opening).toBeInstanceOf(Error);
    await until(() => children().length === 0);
    await service.start();
    await until(async () => (await driver.open(never()).catch(() => undefined)) !== undefined);
  });
});

describe("two readers", () => {
  test("are two devices, each with its own tags", async () => {
    const service = await smartCardService();
    const claims = createDeviceAssignments();
    const open = async () => {
      const connection = await driverFor(service.socket, undefined, claims).open(never());
      return { name: connection.identity, reads: connection.reads()[Symbol.asyncIterator]() };
    };
    const [one, other] = [await open(), await open()];
    expect([one.name, other.name]).toEqual(service.readers.map(({ name }) => name));
    for (const [index, { port }] of service.readers.entries())
      await layTag(port, { atr: atrs.type2, answer: type2Tag(uid, textMessage(`on ${index}`)) });
    expect(await next(one.reads)).toMatchObject({ records: [{ value: "on 0" }] });
    expect(await next(other.reads)).toMatchObject({ records: [{ value: "on 1" }] });
    const third = driverFor(service.socket, undefined, claims).open(never());
    await expect(third).rejects.toThrow("no reader is plugged in");
  });

  test("can be told apart by name", async () => {
    const service = await smartCardService();
    const connection = await driverFor(service.socket, "picc interface 00 01").open(never());
    expect(connection.identity).toBe(service.readers[1].name);
  });

  test("of which none reads tags are no reader", async () => {
    const service = await smartCardService("ACS ACR1252 Dual Reader SAM");
    await expect(driverFor(service.socket).open(never())).rejects.toThrow("no reader is plugged in");
  });
});

describe("the till", () => {
  test("is paired by holding its tag to the reader, as by scanning its code", async () => {
    const service = await smartCardService();
    const beaconId = "123456789012345";
    const tagRead = Promise.withResolvers<BridgeEvent>();
    const told = Promise.withResolvers<BridgeEvent>();
    const emit = (event: BridgeEvent) => {
      if (event.event === "pairing.tagRead") tagRead.resolve(event);
      if (event.event === "nfc.read") told.resolve(event);
    };
    const world = realWorld();
    const till = await openTill({ tillId: "k", name: "K", brand: "MobilePay" }, new FakeTillStore(), emit);
    const pairing = createPairing({ till, tags: new FakeTagGateway(), world, log: silentLogger, emit });
    pairing.start(60);
    leftovers.push(async () => pairing.cancel());
    const payments = { wantsCustomerQr: () => false, takeCustomerQr: async () => false };
    const devices = createDevices({
      devices: [{ driver: "nfc-reader", socket: service.socket }],
      world,
      log: silentLogger,
      consumers: { pairing, payments, ownTagId: () => undefined },
      emit,
    });
    leftovers.push(() => devices.stop());
    devices.start();
    await lay(service, uriMessage(`mobilepaypos://pos?id=${beaconId}&source=nfc`));
    expect((await tagRead.promise).params).toMatchObject({ source: "nfc", tagId: beaconId, format: "mobilepaypos" });
    expect((await told.promise).params).toMatchObject({ meaning: "tillTag", handledBy: "pairing" });
    await devices.stop();
    expect(children().filter((name) => name.includes("reader-process"))).toEqual([]);
  });
});

/** For NODE_OPTIONS: what a process runs before anything else. */
function preload(script: string): string {
  return `--import=data:text/javascript,${encodeURIComponent(script)}`;
}

/** Commands of this process's children, but for the services of this test and whoever asks. */
function children(): string[] {
  const listed = execFileSync("ps", ["-o", "args=", "--ppid", String(process.pid)], { encoding: "utf8" });
  return listed.split("\n").filter((args) => args.includes("reader-process"));
}

/** A service that lets nobody in. */
async function muteService({ hangsUp = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-mute-"));
  const socket = join(folder, "pcscd.comm");
  let calls = 0;
  let told = () => {};
  const server = createServer((caller) => {
    calls += 1;
    told();
    caller.on("error", () => undefined);
    if (hangsUp) caller.destroy();
  }).listen(socket);
  await once(server, "listening");
  leftovers.push(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    socket,
    async called(times: number) {
      while (calls < times) await new Promise<void>((resolve) => (told = resolve));
    },
  };
}
