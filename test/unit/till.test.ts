import { expect, test } from "vitest";
import { openTill } from "../../daemon/pairing/till.ts";
import type { BridgeEvent } from "../../daemon/protocol/events.ts";
import { tillView, type Terminal } from "../../daemon/protocol/values.ts";
import { FakeTillStore } from "../support/fake-till-store.ts";

const identity = { tillId: "kassa-1", name: "Kassa 1", brand: "MobilePay" };
const terminal: Terminal = {
  terminalId: "123456789012345",
  merchantSerialNumber: "123456",
  tagId: "123456789012345",
  tagContent: "mobilepaypos://pos?id=123456789012345&source=qr",
  locationDescription: "Counter",
  registeredAt: "2026-11-23T10:00:00.000Z",
};

async function till(store = new FakeTillStore()) {
  const events: BridgeEvent[] = [];
  return { store, events, till: await openTill(identity, store, (event) => events.push(event)) };
}

test("a new till is unpaired, and its payment method is named after the brand and not in use", async () => {
  const { till: it } = await till();
  expect(tillView.parse(it.view())).toEqual({
    ...identity,
    paired: false,
    paymentMethod: { displayName: "MobilePay", account: "", useInTill: false, quickButton: false },
  });
});

test("what is set stays set after a restart, and what is left out stays as it was", async () => {
  const { store, till: it } = await till();
  await it.setPaymentMethod({ account: "5820", useInTill: true });
  await it.register(terminal);
  await it.setPaymentMethod({ quickButton: true });
  const again = (await till(store)).till.view();
  expect(again).toEqual(it.view());
  expect(again).toMatchObject({
    paired: true,
    terminal,
    paymentMethod: { displayName: "MobilePay", account: "5820", useInTill: true, quickButton: true },
  });
});

test("a change is told once it is durable, and one that changes nothing is neither written nor told", async () => {
  const { store, events, till: it } = await till();
  await it.setPaymentMethod({ account: "5820" });
  await it.setPaymentMethod({ account: "5820", displayName: undefined });
  await it.register(terminal);
  await it.register({ ...terminal, registeredAt: "2026-11-24T10:00:00.000Z" });
  expect(store.written.map(({ type }) => type)).toEqual(["paymentMethodSet", "registered"]);
  expect(events.map(({ event }) => event)).toEqual(["till.changed", "till.changed"]);
  expect(it.view().terminal?.registeredAt).toBe(terminal.registeredAt);
});

test("nothing is believed or told when the journal cannot write it, and it can be tried again", async () => {
  const { store, events, till: it } = await till();
  store.failing = true;
  await expect(it.register(terminal)).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
  expect(it.view().paired).toBe(false);
  expect(events).toEqual([]);
  store.failing = false;
  expect((await it.register(terminal)).paired).toBe(true);
});

test("changes made at once are all kept", async () => {
  const { store, till: it } = await till();
  await Promise.all([
    it.setPaymentMethod({ account: "1" }),
    it.setPaymentMethod({ quickButton: true }),
    it.setPaymentMethod({ useInTill: true }),
  ]);
  expect((await till(store)).till.view().paymentMethod).toEqual({
    displayName: "MobilePay",
    account: "1",
    useInTill: true,
    quickButton: true,
  });
});

test("an unpaired till forgets its tag and nothing else, and forgetting twice is harmless", async () => {
  const { store, till: it } = await till();
  await it.setPaymentMethod({ account: "5820" });
  await it.register(terminal);
  await it.remove();
  await it.remove();
  expect(it.view()).toMatchObject({ paired: false, paymentMethod: { account: "5820" } });
  expect(it.view()).not.toHaveProperty("terminal");
  expect(store.written.filter(({ type }) => type === "removed")).toHaveLength(1);
});
