import { describe, expect, test } from "vitest";
import { silentLogger } from "../../daemon/log/logger.ts";
import { createPairing } from "../../daemon/pairing/pairing.ts";
import { openTill } from "../../daemon/pairing/till.ts";
import { type BridgeEvent, eventTable } from "../../daemon/protocol/events.ts";
import { FakeTagGateway } from "../support/fake-tag-gateway.ts";
import { FakeTillStore } from "../support/fake-till-store.ts";
import { SteadyWorld } from "../support/steady-world.ts";
import { settled } from "../support/virtual-world.ts";

const beaconId = "123456789012345";
const sticker = `mobilepaypos://pos?id=${beaconId}&source=qr`;
const guid = "3f2a9c1e-0b7d-4c55-9a11-0123456789ab";
const customersCode = "https://qr.vipps.no/28/2/01/031/4791234567?v=1";

async function rig() {
  const world = new SteadyWorld();
  const tags = new FakeTagGateway();
  const store = new FakeTillStore();
  const events: BridgeEvent[] = [];
  const emit = (event: BridgeEvent) => {
    eventTable[event.event].params.parse(event.params);
    events.push(event);
  };
  const till = await openTill({ tillId: "kassa-1", name: "Kassa 1", brand: "MobilePay" }, store, emit);
  return { world, tags, store, events, till, pairing: createPairing({ till, tags, world, log: silentLogger, emit }) };
}

describe("register", () => {
  test("maps an old sticker to this shop and keeps MobilePay's answer as the terminal", async () => {
    const { pairing, tags, till, store } = await rig();
    const view = await pairing.register({ tag: sticker, locationDescription: "Counter" });
    expect(view).toMatchObject({
      paired: true,
      terminal: {
        terminalId: beaconId,
        tagId: beaconId,
        tagContent: sticker,
        merchantSerialNumber: "123456",
        locationDescription: "Counter",
        registeredAt: "2026-11-23T10:00:00.000Z",
      },
    });
    expect(tags.calls).toEqual([`adopt ${beaconId} Counter`, `get ${beaconId}`]);
    expect(till.view()).toEqual(view);
    expect(store.written).toHaveLength(1);
  });

  test.each(["12345 67890 12345", beaconId, guid.toUpperCase()])(
    "takes %j, as it is printed on a sticker",
    async (tag) => {
      const { pairing, tags } = await rig();
      const { terminal } = await pairing.register({ tag, locationDescription: "Counter" });
      expect(terminal?.tagId).toBe(tag.startsWith("3F") ? guid : beaconId);
      expect(tags.calls).toContain(`adopt ${terminal?.tagId} Counter`);
    },
  );

  test("never treats a code of the new platform that is named by a GUID as an old sticker", async () => {
    const { pairing, tags } = await rig();
    tags.add(guid, "https://qr.vipps.no/mc/abc");
    const { terminal } = await pairing.register({ tag: guid, locationDescription: "Counter" });
    expect(terminal).toMatchObject({ tagId: guid, tagContent: "https://qr.vipps.no/mc/abc" });
    expect(tags.calls).toEqual([`get ${guid}`]);
  });

  test("finds a callback code among the shop's own by its whole text", async () => {
    const { pairing, tags } = await rig();
    tags.add("till-7", "https://qr.vipps.no/mc/abcd");
    tags.add("till-8", "https://qr.vipps.no/mc/abc");
    const { terminal } = await pairing.register({ tag: "HTTPS://qr.vipps.no/mc/abc ", locationDescription: "Counter" });
    expect(terminal).toMatchObject({ tagId: "till-8", tagContent: "https://qr.vipps.no/mc/abc" });
  });

  test("finds a code by the id that the shop gave it", async () => {
    const { pairing, tags } = await rig();
    tags.add("till-8", "https://qr.vipps.no/mc/abc");
    expect((await pairing.register({ tag: " till-8", locationDescription: "Counter" })).terminal?.tagId).toBe("till-8");
  });

  test.each([
    ["https://qr.vipps.no/mc/another-shops", "tillTag", "not a tag of this shop"],
    ["5701234567899", "product", "an article"],
    ["till-9", "product", "an article"],
    [customersCode, "customerQr", "a customer's own MobilePay code"],
    ["https://qr.mobilepay.dk/box/x/pay-in", "unknown", "a MobilePay Box code"],
  ])("refuses %j and says what it is, without a phone number", async (tag, meaning, words) => {
    const { pairing, till, store } = await rig();
    const refused: unknown = await pairing
      .register({ tag, locationDescription: "Counter" })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "TAG_NOT_RECOGNISED",
      details: { meaning },
      message: expect.stringContaining(words),
    });
    expect(JSON.stringify(refused)).not.toContain("91234567");
    expect(till.view().paired).toBe(false);
    expect(store.written).toEqual([]);
  });

  test("says when the sticker belongs to another shop", async () => {
    const { pairing, tags, till } = await rig();
    tags.takenByOthers.add(beaconId);
    await expect(pairing.register({ tag: sticker, locationDescription: "Counter" })).rejects.toMatchObject({
      code: "TAG_TAKEN",
    });
    expect(till.view().paired).toBe(false);
  });

  test("can be repeated after a lost answer", async () => {
    const { pairing, tags, till } = await rig();
    tags.loseAnswers = true;
    const wish = { tag: sticker, locationDescription: "Counter" };
    await expect(pairing.register(wish)).rejects.toMatchObject({ code: "MOBILEPAY_UNREACHABLE" });
    expect(till.view().paired).toBe(false);
    tags.loseAnswers = false;
    expect((await pairing.register(wish)).paired).toBe(true);
  });

  test("pairs with an adopted sticker that MobilePay does not list yet", async () => {
    const { pairing, tags } = await rig();
    tags.listsLate = true;
    expect((await pairing.register({ tag: sticker, locationDescription: "Counter" })).terminal?.tagContent).toBe(
      sticker,
    );
  });

  test("is not answered before it is durable", async () => {
    const { pairing, store, till } = await rig();
    store.failing = true;
    await expect(pairing.register({ tag: sticker, locationDescription: "Counter" })).rejects.toMatchObject({
      code: "JOURNAL_FAILED",
    });
    expect(till.view().paired).toBe(false);
  });

  test("asks MobilePay once when two pages press the button at once, and again without harm later", async () => {
    const { pairing, tags, store } = await rig();
    const wish = { tag: sticker, locationDescription: "Counter" };
    const [one, other] = await Promise.all([pairing.register(wish), pairing.register({ ...wish })]);
    expect(one).toEqual(other);
    expect(tags.calls.filter((call) => call.startsWith("adopt"))).toHaveLength(1);
    expect(await pairing.register(wish)).toEqual(one);
    expect(store.written).toHaveLength(1);
  });

  test("makes one wish after the other, so that the last one made is the one that stays", async () => {
    const { pairing, tags, till } = await rig();
    const answered = Promise.withResolvers<void>();
    tags.gate = answered.promise;
    const first = pairing.register({ tag: sticker, locationDescription: "Counter" });
    await settled();
    tags.gate = Promise.resolve();
    const second = pairing.register({ tag: guid, locationDescription: "Counter" });
    await settled();
    answered.resolve();
    await Promise.all([first, second]);
    expect(till.view().terminal?.tagId).toBe(guid);
  });
});

describe("register with create", () => {
  test("makes a code named after the till, with the text to print", async () => {
    const { pairing, tags } = await rig();
    const { terminal } = await pairing.register({ create: true, locationDescription: "Counter" });
    expect(terminal).toMatchObject({
      tagId: "kassa-1-00000001",
      tagContent: "https://qr.vipps.no/mc/kassa-1-00000001",
    });
    expect(tags.calls).toEqual(["put kassa-1-00000001 Counter", "get kassa-1-00000001"]);
  });

  test("asked again it changes the description of the same code", async () => {
    const { pairing } = await rig();
    const first = await pairing.register({ create: true, locationDescription: "Counter" });
    const second = await pairing.register({ create: true, locationDescription: "Door" });
    expect(second.terminal).toMatchObject({ tagId: first.terminal?.tagId, locationDescription: "Door" });
  });

  test("leaves the till as it was when MobilePay does not answer or has not made it yet", async () => {
    const { pairing, tags, till } = await rig();
    tags.unreachable = true;
    await expect(pairing.register({ create: true, locationDescription: "Counter" })).rejects.toMatchObject({
      code: "MOBILEPAY_UNREACHABLE",
    });
    tags.unreachable = false;
    tags.listsLate = true;
    await expect(pairing.register({ create: true, locationDescription: "Counter" })).rejects.toMatchObject({
      code: "PAIRING_FAILED",
    });
    expect(till.view().paired).toBe(false);
  });
});

describe("listening", () => {
  test("nothing is taken unless pairing listens", async () => {
    const { pairing, events } = await rig();
    expect(pairing.takeScan(sticker, "scanner")).toEqual({ handled: false });
    pairing.start();
    pairing.cancel();
    expect(pairing.takeScan(sticker, "scanner")).toEqual({ handled: false });
    expect(events).toEqual([]);
  });

  test.each([
    [sticker, beaconId, "mobilepaypos"],
    [beaconId, beaconId, "printedId"],
  ])("the scan of %j is told as the till's tag, once", async (content, tagId, format) => {
    const { pairing, events } = await rig();
    pairing.start();
    expect(pairing.takeScan(`${content}\r`, "scanner")).toEqual({ handled: true });
    expect(pairing.takeScan(content, "scanner")).toEqual({ handled: false });
    expect(events).toEqual([{ event: "pairing.tagRead", params: { source: "scanner", tagId, content, format } }]);
  });

  test.each([
    [customersCode, "customerQr", "(a customer's code)", "a customer's own MobilePay code"],
    ["5701234567899", "product", "5701234567899", "an article"],
  ])(
    "the scan of %j is refused with words that say what it is, and listening goes on",
    async (content, meaning, shown, words) => {
      const { pairing, events } = await rig();
      pairing.start();
      expect(pairing.takeScan(content, "scanner")).toEqual({ handled: true });
      expect(events).toEqual([
        {
          event: "pairing.tagRefused",
          params: { source: "scanner", content: shown, meaning, message: expect.stringContaining(words) },
        },
      ]);
      expect(JSON.stringify(events)).not.toContain("91234567");
      expect(pairing.listening()).toBe(true);
    },
  );

  test("a callback code is looked up at MobilePay before it is taken", async () => {
    const { pairing, tags, events } = await rig();
    tags.add("till-8", "https://qr.vipps.no/mc/abc");
    pairing.start();
    expect(pairing.takeScan("https://qr.vipps.no/mc/other", "nfc")).toEqual({ handled: true });
    await settled();
    expect(pairing.takeScan("https://qr.vipps.no/mc/abc", "nfc")).toEqual({ handled: true });
    await settled();
    expect(events.map(({ event, params }) => [event, params])).toEqual([
      ["pairing.tagRefused", expect.objectContaining({ meaning: "tillTag" })],
      [
        "pairing.tagRead",
        { source: "nfc", tagId: "till-8", content: "https://qr.vipps.no/mc/abc", format: "callback" },
      ],
    ]);
    expect(pairing.listening()).toBe(false);
  });

  test("scans while a code is being looked up are refused, and a lookup without an answer can be tried again", async () => {
    const { pairing, tags, events } = await rig();
    tags.unreachable = true;
    pairing.start();
    pairing.takeScan("https://qr.vipps.no/mc/abc", "scanner");
    pairing.takeScan("https://qr.vipps.no/mc/abc", "scanner");
    await settled();
    expect(events.map(({ event }) => event)).toEqual(["pairing.tagRefused", "pairing.tagRefused"]);
    tags.unreachable = false;
    tags.add("till-8", "https://qr.vipps.no/mc/abc");
    pairing.takeScan("https://qr.vipps.no/mc/abc", "scanner");
    await settled();
    expect(events.at(-1)?.event).toBe("pairing.tagRead");
  });

  test("an answer that comes after listening was cancelled is not told", async () => {
    const { pairing, tags, events } = await rig();
    tags.add("till-8", "https://qr.vipps.no/mc/abc");
    pairing.start();
    pairing.takeScan("https://qr.vipps.no/mc/abc", "scanner");
    pairing.cancel();
    await settled();
    expect(events).toEqual([]);
  });

  test("ends after its time, 120 s unless told otherwise, counted from the last start", async () => {
    const { pairing, world } = await rig();
    pairing.start();
    await world.pass(119_999);
    expect(pairing.listening()).toBe(true);
    await world.pass(1);
    expect(pairing.listening()).toBe(false);
    pairing.start(10);
    await world.pass(8000);
    pairing.start(10);
    await world.pass(8000);
    expect(pairing.listening()).toBe(true);
    await world.pass(2000);
    expect(pairing.listening()).toBe(false);
    expect(world.sleeping).toBe(0);
  });

  test("ends when a tag was registered by hand meanwhile", async () => {
    const { pairing } = await rig();
    pairing.start();
    await pairing.register({ tag: sticker, locationDescription: "Counter" });
    expect(pairing.listening()).toBe(false);
  });
});
