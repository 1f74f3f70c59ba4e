import { describe, expect, onTestFinished, test } from "vitest";
import type { CheckInStore } from "../../daemon/check-in/check-in-store.ts";
import type { TillStore } from "../../daemon/pairing/till-store.ts";
import type { PaymentEvent } from "../../daemon/payments/payment/payment.ts";
import type { PaymentStore } from "../../daemon/payments/ports/store.ts";
import { rowOf, started } from "./orders.ts";

export interface Stores {
  readonly payments: PaymentStore;
  readonly till: TillStore;
  readonly checkIns: CheckInStore;
  /** The process ends, and the next one opens the same stores. */
  restart(): Promise<Stores>;
  close(): Promise<void>;
}

/** What the daemon counts on when it keeps payments and the till somewhere. `now` of the stores must be 1 000 000. */
export function storeSuite(name: string, open: () => Promise<Stores>): void {
  async function opened(): Promise<Stores> {
    const stores = await open();
    onTestFinished(() => stores.close());
    return stores;
  }

  async function withPayments(...ids: string[]): Promise<Stores> {
    const stores = await opened();
    for (const id of ids) await stores.payments.append(id, [started(id)], rowOf(id));
    return stores;
  }

  describe(`a payment in ${name}`, () => {
    test("is read back as it was written, in order, with the time of writing", async () => {
      const { payments } = await opened();
      const events: PaymentEvent[] = [started("payment-1"), { type: "requested", key: "key-1", body: '{"a":1}' }];
      const appended = await payments.append("payment-1", events, rowOf("payment-1"));
      await payments.append("payment-1", [{ type: "authorized" }], rowOf("payment-1"));
      expect(appended).toEqual(events.map((event) => ({ ...event, at: 1_000_000 })));
      expect(await payments.events("payment-1")).toEqual([...appended, { type: "authorized", at: 1_000_000 }]);
    });

    test("keeps every character of a text", async () => {
      const { payments } = await opened();
      const description = "Ærø 🍰 \u0000\u2028 \ud800 \" ' \\ \\u0041 %s ?1";
      await payments.append("payment-1", [started("payment-1", { description })], rowOf("payment-1"));
      expect(await payments.events("payment-1")).toMatchObject([{ order: { description } }]);
    });

    test("that was never written is not there", async () => {
      const { payments } = await withPayments("payment-1");
      expect(await payments.events("payment-2")).toBeUndefined();
    });

    test("is not changed by what a reader does to what it was given", async () => {
      const { payments } = await withPayments("payment-1");
      const [first] = (await payments.events("payment-1")) ?? [];
      Object.assign(first ?? {}, { type: "authorized" });
      expect(await payments.events("payment-1")).toMatchObject([{ type: "started" }]);
    });

    test("is known to the next life of the process", async () => {
      const stores = await withPayments("payment-1", "payment-2");
      await stores.till.append({ type: "removed" });
      const next = await stores.restart();
      expect(await next.payments.events("payment-1")).toMatchObject([{ type: "started" }]);
      expect(await next.payments.open()).toEqual(["payment-1", "payment-2"]);
      expect(await next.till.events()).toEqual([{ type: "removed" }]);
    });
  });

  describe(`open payments in ${name}`, () => {
    test("are those whose last row says so, oldest first", async () => {
      const { payments } = await withPayments("payment-3", "payment-1", "payment-2");
      await payments.append("payment-1", [{ type: "expired" }], rowOf("payment-1", { state: "expired", open: false }));
      expect(await payments.open()).toEqual(["payment-3", "payment-2"]);
    });

    test("come back when something is to be done about them again", async () => {
      const { payments } = await withPayments("payment-1");
      await payments.append("payment-1", [{ type: "expired" }], rowOf("payment-1", { open: false }));
      await payments.append("payment-1", [{ type: "captured" }], rowOf("payment-1", { open: true }));
      expect(await payments.open()).toEqual(["payment-1"]);
    });
  });

  describe(`finding a payment in ${name}`, () => {
    test("works by reference and by refund", async () => {
      const { payments } = await withPayments("payment-1", "payment-2");
      const row = rowOf("payment-2", { refundIds: ["refund-1", "refund-2"] });
      await payments.append("payment-2", [{ type: "refunded", refundId: "refund-1" }], row);
      expect(await payments.find({ reference: "reference-payment-1" })).toBe("payment-1");
      expect(await payments.find({ refundId: "refund-1" })).toBe("payment-2");
    });

    test("finds nothing under a number that was never used", async () => {
      const { payments } = await withPayments("payment-1");
      const found = [{ reference: "x" }, { refundId: "x" }].map((by) => payments.find(by));
      expect(await Promise.all(found)).toEqual([undefined, undefined]);
    });

    test("gives all payments when a POS used a receipt number twice, the newest first", async () => {
      const { payments } = await withPayments("payment-1", "payment-2");
      for (const id of ["payment-2", "payment-1"]) {
        await payments.append(id, [{ type: "receiptMade", receiptNumber: "R-7" }], rowOf(id, { receiptNumber: "R-7" }));
      }
      const found = await payments.list({ receiptNumber: "R-7", limit: 5 });
      expect(found).toEqual({ paymentIds: ["payment-2", "payment-1"] });
    });
  });

  describe(`the list of payments in ${name}`, () => {
    test("shows the newest first and goes on from the cursor to the end", async () => {
      const { payments } = await withPayments("payment-1", "payment-2", "payment-3");
      const first = await payments.list({ limit: 2 });
      expect(first.paymentIds).toEqual(["payment-3", "payment-2"]);
      const second = await payments.list({ limit: 2, cursor: first.cursor ?? "none" });
      expect(second).toEqual({ paymentIds: ["payment-1"] });
    });

    test("does not move under a page that is being read", async () => {
      const { payments } = await withPayments("payment-1", "payment-2", "payment-3");
      const { cursor = "none" } = await payments.list({ limit: 1 });
      await payments.append("payment-4", [started("payment-4")], rowOf("payment-4"));
      expect((await payments.list({ limit: 5, cursor })).paymentIds).toEqual(["payment-2", "payment-1"]);
    });

    test("finds nothing behind a cursor that it did not give", async () => {
      const { payments } = await withPayments("payment-1");
      expect(await payments.list({ limit: 5, cursor: "1 OR 1=1" })).toEqual({ paymentIds: [] });
    });

    test.each([
      ["the sale", { saleId: "sale-9" }],
      ["the receipt number", { receiptNumber: "R-9" }],
      ["the state", { state: "paid" as const }],
      ["the earliest start", { from: 2000 }],
      ["the latest start", { to: 500 }],
      ["a span of time", { from: 1500, to: 2500 }],
      ["everything at once", { saleId: "sale-9", receiptNumber: "R-9", state: "paid" as const, from: 1, to: 9000 }],
    ])("can be narrowed by %s", async (_what, filter) => {
      const { payments } = await opened();
      const matching = {
        saleId: "sale-9",
        receiptNumber: "R-9",
        state: "paid" as const,
        startedAt: "to" in filter && !("from" in filter) ? 500 : 2000,
      };
      await payments.append("payment-1", [started("payment-1")], rowOf("payment-1", { startedAt: 1000 }));
      await payments.append("payment-2", [started("payment-2")], rowOf("payment-2", matching));
      await payments.append("payment-3", [started("payment-3")], rowOf("payment-3", { startedAt: 1000 }));
      expect(await payments.list({ ...filter, limit: 5 })).toEqual({ paymentIds: ["payment-2"] });
    });

    test("follows a payment that goes to another sale", async () => {
      const { payments } = await withPayments("payment-1");
      const decided: PaymentEvent = { type: "decided", decision: "reRing", saleId: "sale-new" };
      await payments.append("payment-1", [decided], rowOf("payment-1", { saleId: "sale-new" }));
      expect((await payments.list({ saleId: "sale-new", limit: 5 })).paymentIds).toEqual(["payment-1"]);
      expect((await payments.list({ saleId: "sale-payment-1", limit: 5 })).paymentIds).toEqual([]);
    });
  });

  describe(`writing to ${name}`, () => {
    test("keeps the order of the calls when many are under way at once", async () => {
      const { payments } = await withPayments("payment-1");
      const keys = Array.from({ length: 500 }, (_, index) => `key-${index}`);
      const row = rowOf("payment-1");
      const all = keys.map((key) => payments.append("payment-1", [{ type: "requested", key, body: "{}" }], row));
      await Promise.all(all);
      const events = (await payments.events("payment-1")) ?? [];
      expect(events.flatMap((event) => (event.type === "requested" ? [event.key] : []))).toEqual(keys);
    });

    test("refuses a reference that another payment has, and its neighbours do not suffer", async () => {
      const { payments } = await withPayments("payment-1");
      const taken = rowOf("payment-2", { reference: "reference-payment-1" });
      const calls = await Promise.allSettled([
        payments.append("payment-0", [started("payment-0")], rowOf("payment-0")),
        payments.append("payment-2", [started("payment-2")], taken),
        payments.append("payment-3", [started("payment-3")], rowOf("payment-3")),
      ]);
      expect(calls.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(await payments.events("payment-2")).toBeUndefined();
      expect(await payments.open()).toEqual(["payment-1", "payment-0", "payment-3"]);
    });

    test("refuses a refund id that was used before", async () => {
      const { payments } = await withPayments("payment-1", "payment-2");
      const row = rowOf("payment-1", { refundIds: ["refund-1"] });
      await payments.append("payment-1", [{ type: "refunded", refundId: "refund-1" }], row);
      const again = payments.append("payment-2", [{ type: "refunded", refundId: "refund-1" }], {
        ...rowOf("payment-2"),
        refundIds: ["refund-1"],
      });
      await expect(again).rejects.toThrow("once");
      expect(await payments.find({ refundId: "refund-1" })).toBe("payment-1");
    });
  });

  describe(`the till in ${name}`, () => {
    test("keeps what happened to it, in order, apart from the payments", async () => {
      const { till } = await withPayments("payment-1");
      expect(await till.events()).toEqual([]);
      const paymentMethod = { displayName: "MobilePay", account: "5820", useInTill: true, quickButton: false };
      await Promise.all([till.append({ type: "paymentMethodSet", paymentMethod }), till.append({ type: "removed" })]);
      expect(await till.events()).toEqual([{ type: "paymentMethodSet", paymentMethod }, { type: "removed" }]);
    });
  });

  describe(`check-ins in ${name}`, () => {
    const arrived = (customerToken: string) => ({
      customerToken,
      initiatedAt: "2026-11-23T10:45:40.3061965Z",
      ageSeconds: 1.5,
    });

    test("are read back as they were written, the newest last, over a restart too", async () => {
      const stores = await opened();
      expect(await stores.checkIns.recent(5)).toEqual([]);
      for (const token of ["a", "b", "c"]) await stores.checkIns.append(arrived(token));
      const kept = ["b", "c"].map((token) => ({ ...arrived(token), at: 1_000_000, idleSince: true }));
      expect(await stores.checkIns.recent(2)).toEqual(kept);
      expect(await (await stores.restart()).checkIns.recent(2)).toEqual(kept);
    });

    test("tell those that came after the last thing that happened to a payment from those before", async () => {
      const stores = await withPayments("payment-1");
      await stores.checkIns.append(arrived("before"));
      await stores.payments.append("payment-1", [{ type: "authorized" }], rowOf("payment-1"));
      await stores.checkIns.append(arrived("after"));
      await stores.till.append({ type: "removed" });
      const idle = [
        { customerToken: "before", idleSince: false },
        { customerToken: "after", idleSince: true },
      ];
      expect(await stores.checkIns.recent(9)).toMatchObject(idle);
      expect(await (await stores.restart()).checkIns.recent(9)).toMatchObject(idle);
    });
  });
}
