import { expect, test } from "vitest";
import type { GatewayAnswer, NotFound, Snapshot, Unknown } from "../../daemon/payments/ports/gateway.ts";
import { Backoff } from "../../daemon/payments/work/backoff.ts";
import type { Bank } from "../support/bank.ts";
import { Shop } from "../support/shop.ts";

const reference = "kassa1-payment-1";

/** A till that looks at its payment through `getPayment`, and notes when. */
function looking(look: (bank: Bank, nth: number) => Promise<GatewayAnswer<Snapshot> | NotFound>) {
  const looksMs: number[] = [];
  const shop = new Shop({
    parts: ({ bank, world }) => ({
      gateway: {
        createBody: (order) => bank.createBody(order),
        amountBody: (amount) => bank.amountBody(amount),
        create: (call) => bank.create(call),
        cancel: (about, key, onlyIfNotApproved) => bank.cancel(about, key, onlyIfNotApproved),
        capture: (call) => bank.capture(call),
        refund: (call) => bank.refund(call),
        wasApplied: (about, key) => bank.wasApplied(about, key),
        getPayment: (_about) => {
          looksMs.push(world.monotonicMs());
          return look(bank, looksMs.length);
        },
      },
    }),
  });
  const waits = () => looksMs.slice(1).map((at, index) => Math.round((at - (looksMs[index] ?? 0)) / 1000));
  return { shop, waits };
}

const busy = (retryAfterMs?: number): Unknown => ({
  kind: "unknown",
  why: "busy",
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

test("MobilePay is asked again when it says, not sooner", async () => {
  const { shop, waits } = looking(async (bank, nth) => (nth === 2 ? busy(45_000) : bank.getPayment(reference)));
  await shop.start();
  await shop.world.pass(60_000);
  expect(waits().slice(0, 3)).toEqual([1, 45, 1]);
});

test("while a customer may approve, the till asks every other second although MobilePay has no answer", async () => {
  const { shop, waits } = looking(async (bank, nth) => (nth > 1 && nth < 7 ? busy() : bank.getPayment(reference)));
  await shop.start();
  await shop.world.pass(90_000);
  expect(waits().slice(0, 7)).toEqual([1, 1, 2, 2, 2, 2, 1]);
});

test("what nobody can approve any more is tried again after 1, 5 and then every 20 seconds", () => {
  const backoff = new Backoff();
  expect([1, 2, 3, 4].map(() => backoff.afterUnknown(undefined))).toEqual([1000, 5000, 20_000, 20_000]);
  expect(backoff.afterUnknown(45_000)).toBe(45_000);
});
