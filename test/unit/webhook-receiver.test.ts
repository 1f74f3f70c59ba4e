import { describe, expect, test } from "vitest";
import {
  createReceiver,
  type CheckInOutcome,
  type WebhookRegistration,
  type DatedCheckInNotice,
} from "../../daemon/check-in/receiver.ts";
import { signatureHeaders } from "../../daemon/devkit/simulator/platform/signature.ts";
import { recordingLogger } from "../support/log-records.ts";
import { SteadyWorld } from "../support/steady-world.ts";

const url = "https://relay.example.com/123456";
const path = "/123456";
const checkIn = {
  customerToken: "token-1",
  merchantQrId: "123456789012345",
  msn: "123456",
  initiatedAt: "2026-11-23T09:59:58.3061965Z",
};

function rig(registrations: Partial<WebhookRegistration>[] = [{}]) {
  const world = new SteadyWorld();
  const shop = {
    outcome: "taken" as CheckInOutcome,
    /** How wrong the receiver's clock is, and whether it can be set. */
    clockOffMs: 0,
    learns: false,
  };
  const taken: DatedCheckInNotice[] = [];
  const nudged: string[][] = [];
  const log = recordingLogger();
  const receiver = createReceiver({
    registrations: registrations.map((change) => ({
      url,
      merchantSerialNumber: "123456",
      secrets: () => ["secret-1"],
      ...change,
    })),
    nowMs: () => world.now() + shop.clockOffMs,
    async learnTime() {
      if (shop.learns) shop.clockOffMs = 0;
    },
    async acceptCheckIn(told) {
      taken.push(told);
      return shop.outcome;
    },
    requery: (...about) => void nudged.push(about),
    world,
    log,
  });

  interface How {
    readonly secret?: string;
    readonly agoMs?: number;
    readonly to?: string;
    readonly registered?: string;
  }
  const post = (content: unknown, { secret = "secret-1", agoMs = 0, to = path, registered = url }: How = {}) => {
    const body = typeof content === "string" ? content : JSON.stringify(content);
    const date = new Date(world.now() - agoMs).toUTCString();
    const headers = signatureHeaders(secret, { url: new URL(registered), date, body });
    return receiver.receive(to, { headers, body: Buffer.from(body) });
  };
  return { world, shop, taken, nudged, log, receiver, post };
}

describe("a check-in", () => {
  test("is handed over with the time at which MobilePay told of it, and 200 says that the till has it", async () => {
    const { taken, post } = rig();
    expect(await post(checkIn)).toEqual({ status: 200 });
    expect(taken).toEqual([{ ...checkIn, sentAt: "2026-11-23T10:00:00.000Z" }]);
  });

  test.each<[CheckInOutcome, number]>([
    ["notHere", 404],
    ["stale", 410],
    ["unavailable", 503],
  ])("that is %s is answered %d", async (outcome, status) => {
    const { shop, post } = rig();
    shop.outcome = outcome;
    expect(await post(checkIn)).toEqual({ status });
  });

  test("may have more fields than we know", async () => {
    const { post } = rig();
    expect(await post({ ...checkIn, somethingNew: { a: 1 } })).toEqual({ status: 200 });
  });

  test.each([
    ["without a token", { ...checkIn, customerToken: "" }],
    ["without a time", { ...checkIn, initiatedAt: "just now" }],
  ])("%s is refused, and somebody is told", async (_what, content) => {
    const { taken, log, post } = rig();
    expect(await post(content)).toEqual({ status: 422 });
    expect(taken).toEqual([]);
    expect(log.records.map(({ level }) => level)).toEqual(["error"]);
  });
});

describe("who may tell it", () => {
  test("nobody without the secret", async () => {
    const { taken, post } = rig();
    expect(await post(checkIn, { secret: "another" })).toEqual({ status: 401 });
    expect(taken).toEqual([]);
  });

  test("nobody who signed it for another address", async () => {
    const { post } = rig();
    expect(await post(checkIn, { registered: "https://evil.example/123456" })).toEqual({ status: 401 });
  });

  test.each([300_001, -301_000])("nobody with a request that is dated %d ms ago", async (agoMs) => {
    const { taken, post } = rig();
    expect(await post(checkIn, { agoMs })).toEqual({ status: 401 });
    expect(taken).toEqual([]);
  });

  test("everybody whose date is in time once the receiver's clock has been set", async () => {
    const { shop, post } = rig();
    shop.clockOffMs = 3_600_000;
    expect(await post(checkIn)).toEqual({ status: 401 });
    shop.learns = true;
    expect(await post(checkIn)).toEqual({ status: 200 });
  });

  test("each sales unit for itself: another's secret, or another's number under the own secret, is refused", async () => {
    const { taken, receiver, post } = rig([
      {},
      { url: "https://relay.example.com/654321", merchantSerialNumber: "654321", secrets: () => ["secret-2"] },
    ]);
    const other = { to: "/654321", registered: "https://relay.example.com/654321" };
    expect(receiver.knows("/654321")).toBe(true);
    expect(receiver.knows("/")).toBe(false);
    expect(await post({ ...checkIn, msn: "654321" }, { ...other, secret: "secret-1" })).toEqual({ status: 401 });
    expect(await post(checkIn, { ...other, secret: "secret-2" })).toEqual({ status: 404 });
    expect(taken).toEqual([]);
    expect(await post({ ...checkIn, msn: "654321" }, { ...other, secret: "secret-2" })).toEqual({ status: 200 });
  });

  test("a partner for all its sales units under one address", async () => {
    const { post } = rig([{}, { merchantSerialNumber: "654321" }]);
    expect(await post({ ...checkIn, msn: "654321" })).toEqual({ status: 200 });
    expect(await post({ ...checkIn, msn: "999999" })).toEqual({ status: 404 });
  });
});

describe("the same request again", () => {
  test("is dropped when it was taken, and answered the same", async () => {
    const { world, taken, post } = rig();
    await post(checkIn);
    await world.pass(1000);
    expect(await post(checkIn, { agoMs: 1000 })).toEqual({ status: 200 });
    expect(taken).toHaveLength(1);
  });

  test("is tried again when it was not", async () => {
    const { shop, taken, post } = rig();
    shop.outcome = "unavailable";
    await post(checkIn);
    shop.outcome = "taken";
    expect(await post(checkIn)).toEqual({ status: 200 });
    expect(taken).toHaveLength(2);
  });

  test("is refused when it comes after its time", async () => {
    const { world, taken, post } = rig();
    await post(checkIn);
    await world.pass(400_000);
    expect(await post(checkIn, { agoMs: 400_000 })).toEqual({ status: 401 });
    expect(taken).toHaveLength(1);
  });
});

describe("what else may come", () => {
  test("a payment's event only makes the till ask, and is always taken", async () => {
    const { nudged, post } = rig();
    const event = { msn: "123456", reference: "tillA-payment-1", name: "AUTHORIZED", success: true };
    expect(await post(event)).toEqual({ status: 200 });
    expect(await post({ ...event, reference: "somebody else's, with spaces" })).toEqual({ status: 200 });
    expect(nudged).toEqual([["123456", "tillA-payment-1"]]);
  });

  test("of another sales unit's payments nothing", async () => {
    const { nudged, post } = rig();
    expect(await post({ msn: "654321", reference: "tillA-payment-1", name: "AUTHORIZED" })).toEqual({ status: 404 });
    expect(nudged).toEqual([]);
  });

  test("a probe is echoed, which proves that the secret is known here", async () => {
    const probe = "00000000-0000-4000-8000-000000000001";
    const { post } = rig();
    expect(await post({ msn: "123456", probe })).toEqual({ status: 200, body: JSON.stringify({ probe }) });
    expect(await post({ msn: "123456", probe }, { secret: "another" })).toEqual({ status: 401 });
  });

  test.each([
    ["events that we do not know", { msn: "123456", name: "SOMETHING" }],
    ["no JSON", "{"],
    ["a number", "7"],
  ])("%s, genuinely signed, are done with: MobilePay need not send them again", async (_what, content) => {
    const { post, nudged, taken } = rig();
    expect(await post(content)).toEqual({ status: 200 });
    expect([...nudged, ...taken]).toEqual([]);
  });
});

test("no token and no secret is logged, whatever comes", async () => {
  const { log, post } = rig();
  await post(checkIn);
  await post(checkIn, { secret: "another" });
  await post({ ...checkIn, initiatedAt: "never" });
  expect(JSON.stringify(log.records)).not.toMatch(/token-1|secret-1|another/);
});
