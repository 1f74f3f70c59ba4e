import { describe, expect, test } from "vitest";
import { memorySweeps } from "../support/memory-sweeps.ts";
import type { RecordedEvent } from "../../daemon/payments/payment/payment.ts";
import { paidShop, type Shop } from "../support/shop.ts";

// One row that is damaged, or that a later version wrote: its payment alone cannot be read here.

const sale2 = { paymentId: "payment-2", sale: { saleId: "sale-2", total: { currency: "DKK" as const, value: 4990 } } };
const unreadable = { code: "PAYMENT_UNREADABLE" };

/** A shop whose first payment is paid and has no receipt, restarted after its rows were changed. */
async function shopWith(change: (events: RecordedEvent[]) => void): Promise<Shop> {
  const shop = await paidShop();
  shop.disk.tamper("payment-1", change);
  await shop.restart();
  await shop.world.pass(2000);
  return shop;
}

type Change = [name: string, change: (events: RecordedEvent[]) => void];
const kinds = ["started", "requested", "created", "authorized", "captureRequested", "captured"];
const changes: Change[] = [
  ...kinds.map((_, at): Change => [`type of row ${at}`, (events) => replace(events, at, { type: "settledByMoon" })]),
  ...[0, 1, 4].map((at): Change => [`body of row ${at} empty`, (events) => empty(events, at)]),
  ["the first row gone", (events) => void events.shift()],
  ["the order without an amount", (events) => replace(events, 0, { order: { paymentId: "payment-1" } })],
  ["an unknown decision", (events) => void events.push({ type: "decided", decision: "toss", at: 0 } as never)],
];

function replace(events: RecordedEvent[], at: number, fields: object): void {
  events[at] = { ...events[at], ...fields } as RecordedEvent;
}

function empty(events: RecordedEvent[], at: number): void {
  const found = events[at];
  if (found) events[at] = { type: found.type, at: found.at } as RecordedEvent;
}

describe.each(changes)("%s", (_name, change) => {
  test("stops neither the start, nor the list, nor the sweep, nor another sale; the payment is listed as MobilePay has it", async () => {
    const shop = await shopWith(change);
    await expect(shop.act((payments) => payments.get("payment-1"))).rejects.toMatchObject(unreadable);
    expect(shop.payments.recoveryItems()).toMatchObject([
      {
        paymentId: "payment-1",
        situation: "unreadable",
        choices: ["settled"],
        payment: { reference: "kassa1-payment-1", captured: 4990, amount: { currency: "DKK", value: 4990 } },
      },
    ]);
    await shop.start(sale2);
    await shop.until("waitingForApproval", "payment-2");
    shop.bank.approve("kassa1-payment-2");
    await shop.until("paid", "payment-2");
    await shop.act((payments) => payments.complete({ paymentId: "payment-2", receiptNumber: "r-2" }, shop.page()));
    const list = await shop.act((payments) => payments.list({}));
    expect(list).toMatchObject({ payments: [{ paymentId: "payment-2" }], unreadable: ["payment-1"] });
    const sweeps = memorySweeps(() => shop.world.now());
    const swept = await shop.act((payments) => payments.sweep(sweeps, new AbortController().signal));
    expect(swept).toMatchObject({ different: ["payment-1"] });
  });
});

test("the sale of a payment that cannot be read is not charged again", async () => {
  const shop = await shopWith((events) => replace(events, 2, { type: "settledByMoon" }));
  await expect(shop.start({ paymentId: "payment-9" })).rejects.toMatchObject({ code: "SALE_IN_DOUBT" });
});

test("a person settles it outside the till, once for all: also after a restart it is not listed again", async () => {
  const shop = await shopWith((events) => replace(events, 2, { type: "settledByMoon" }));
  const decision = { paymentId: "payment-1", decision: "settled" as const, decidedBy: "Kim" };
  await expect(
    shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" })),
  ).rejects.toMatchObject(unreadable);
  expect(await shop.act((payments) => payments.resolve(decision))).toMatchObject({ resolved: true });
  expect(shop.payments.recoveryItems()).toEqual([]);
  await shop.restart();
  expect(shop.payments.recoveryItems()).toEqual([]);
  await expect(shop.act((payments) => payments.get("payment-1"))).rejects.toMatchObject(unreadable);
});

test("an open payment of which nothing is left is listed as MobilePay has it, and taken up by its id like a lost one", async () => {
  const shop = await shopWith((events) => events.splice(0));
  expect(shop.payments.recoveryItems()).toMatchObject([{ situation: "unreadable", payment: { captured: 4990 } }]);
  await expect(shop.start({ paymentId: "payment-9" })).rejects.toMatchObject({ code: "SALE_IN_DOUBT" });
  shop.events.length = 0;
  await shop.start();
  expect(await shop.until("paid")).toMatchObject({ captured: 4990 });
  expect(shop.payments.recoveryItems()).toEqual([]);
  expect(shop.bank.accounts.get("kassa1-payment-1")).toMatchObject({ captured: 4990 });
});
