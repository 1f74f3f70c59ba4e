import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FoundCustomer } from "../../daemon/payments/payment/request-bodies.ts";
import type { Gateway, KeyedCall } from "../../daemon/payments/ports/gateway.ts";
import type { Money } from "../../daemon/protocol/values.ts";

/** A gateway with the world behind it in the test's hand. */
export interface GatewayRig {
  readonly gateway: Gateway;
  /** Somebody who can be asked for money by a message to the phone. */
  readonly customer: FoundCustomer;
  approve(reference: string): void;
  reject(reference: string): void;
  /** Lets so much time pass that requests which nobody approved expire. */
  expire(): void;
  /** The next such call is lost: before MobilePay has got it, or after, so that only the answer is missing. */
  loseNext(operation: "create" | "capture" | "refund", when: "before" | "after"): void;
  /** MobilePay answers the next such call with "wait", and does nothing. */
  busyNext(operation: "create" | "capture" | "refund"): void;
  close(): Promise<void>;
}

const amount: Money = { currency: "DKK", value: 4990 };
const nothing = { authorized: 0, cancelled: 0, captured: 0, refunded: 0 };

/** What every `Gateway` does, the real one and those that stand in for it. */
export function gatewaySuite(name: string, start: () => Promise<GatewayRig>): void {
  describe(name, () => {
    let rig: GatewayRig;
    let count = 0;

    beforeAll(async () => {
      rig = await start();
    });
    afterAll(() => rig.close());

    const nextReference = () => `suite-payment-${String(++count).padStart(4, "0")}`;
    const createCall = (reference: string, total = amount, customer = rig.customer): KeyedCall => ({
      reference,
      key: `create-${reference}`,
      body: rig.gateway.createBody({ reference, amount: total, customer }),
    });
    const moveCall = (reference: string, key: string, value = amount.value): KeyedCall => ({
      reference,
      key: `${key}-${reference}`,
      body: rig.gateway.amountBody({ ...amount, value }),
    });

    async function created(): Promise<string> {
      const reference = nextReference();
      expect(await rig.gateway.create(createCall(reference))).toMatchObject({ kind: "ok" });
      return reference;
    }
    async function approved(): Promise<string> {
      const reference = await created();
      rig.approve(reference);
      return reference;
    }
    async function captured(): Promise<string> {
      const reference = await approved();
      expect(await rig.gateway.capture(moveCall(reference, "capture"))).toMatchObject({ kind: "ok" });
      return reference;
    }
    async function look(reference: string) {
      const seen = await rig.gateway.getPayment(reference);
      expect(seen).toMatchObject({ kind: "ok", value: { reference } });
      if (seen.kind !== "ok") throw new Error("not seen");
      return seen.value;
    }

    test("the body of a create is the same every time, so that a retry sends exactly it again", () => {
      const order = { reference: nextReference(), amount, customer: rig.customer };
      expect(rig.gateway.createBody(order)).toBe(rig.gateway.createBody({ ...order }));
    });

    test("a created payment waits for its customer, with the amount asked for and no money moved", async () => {
      const reference = await created();
      expect(await look(reference)).toMatchObject({ state: "CREATED", amount, ...nothing });
    });

    test("a create repeated with the same key and body is the same payment", async () => {
      const call = createCall(nextReference());
      const first = await rig.gateway.create(call);
      expect(await rig.gateway.create(call)).toEqual(first);
    });

    test("a reference that exists with our amount is our payment, whatever the key", async () => {
      const reference = await created();
      const answer = await rig.gateway.create({ ...createCall(reference), key: `other-${reference}` });
      expect(answer).toMatchObject({ kind: "ok", value: { reference } });
    });

    test("a reference that exists with another amount is refused", async () => {
      const reference = await created();
      const other = createCall(reference, { ...amount, value: amount.value + 1 });
      const answer = await rig.gateway.create({ ...other, key: `other-${reference}` });
      expect(answer).toMatchObject({ kind: "refused", mobilePayCode: 4150, failure: { mobilePayCode: "4150" } });
    });

    test("a code for the screen comes with its text", async () => {
      const answer = await rig.gateway.create(createCall(nextReference(), amount, { by: "screenQr" }));
      expect(answer).toMatchObject({ kind: "ok", value: { qrContent: expect.stringMatching(/^https:/) as string } });
    });

    test("a payment that was never created is not found, and there is nothing to cancel", async () => {
      expect(await rig.gateway.getPayment(nextReference())).toEqual({ kind: "notFound" });
      const reference = nextReference();
      expect(await rig.gateway.cancel(reference, `cancel-${reference}`, true)).toEqual({ kind: "notFound" });
    });

    test("an approved payment is reserved in full, and nothing is taken", async () => {
      const reference = await approved();
      expect(await look(reference)).toMatchObject({ state: "AUTHORIZED", ...nothing, authorized: amount.value });
    });

    test("a payment that the customer refuses is aborted", async () => {
      const reference = await created();
      rig.reject(reference);
      expect(await look(reference)).toMatchObject({ state: "ABORTED", ...nothing });
    });

    test("a capture takes the money, and the same capture again takes no more", async () => {
      const reference = await approved();
      const call = moveCall(reference, "capture");
      for (const _attempt of [1, 2]) {
        expect(await rig.gateway.capture(call)).toMatchObject({ kind: "ok", value: { captured: amount.value } });
      }
      expect(await look(reference)).toMatchObject({ state: "AUTHORIZED", captured: amount.value, refunded: 0 });
    });

    test("a capture before the approval is refused", async () => {
      const reference = await created();
      const answer = await rig.gateway.capture(moveCall(reference, "capture"));
      expect(answer).toMatchObject({ kind: "refused", mobilePayCode: 6080 });
    });

    test("refunds add up, each key once, and never to more than was taken", async () => {
      const reference = await captured();
      const part = moveCall(reference, "part", 1990);
      for (const _attempt of [1, 2]) {
        expect(await rig.gateway.refund(part)).toMatchObject({ kind: "ok", value: { refunded: 1990 } });
      }
      const tooMuch = await rig.gateway.refund(moveCall(reference, "rest", amount.value - 1990 + 1));
      expect(tooMuch).toMatchObject({ kind: "refused", mobilePayCode: 6150 });
      expect(await look(reference)).toMatchObject({ captured: amount.value, refunded: 1990 });
    });

    test("whether a capture or refund landed is told by its key", async () => {
      const reference = await captured();
      const { key } = moveCall(reference, "capture");
      expect(await rig.gateway.wasApplied(reference, key)).toEqual({ kind: "ok", value: true });
      expect(await rig.gateway.wasApplied(reference, `refund-${reference}`)).toEqual({ kind: "ok", value: false });
      await rig.gateway.refund(moveCall(reference, "refund", 100));
      expect(await rig.gateway.wasApplied(reference, `refund-${reference}`)).toEqual({ kind: "ok", value: true });
    });

    test("a payment that nobody approved can be withdrawn", async () => {
      const reference = await created();
      const answer = await rig.gateway.cancel(reference, `cancel-${reference}`, true);
      expect(answer).toMatchObject({ kind: "ok", value: { state: "TERMINATED", captured: 0 } });
    });

    test("a withdrawal that the customer forestalled is refused, and the reservation stays", async () => {
      const reference = await approved();
      const answer = await rig.gateway.cancel(reference, `cancel-${reference}`, true);
      expect(answer).toMatchObject({ kind: "refused", mobilePayCode: 6060 });
      expect(await look(reference)).toMatchObject({ state: "AUTHORIZED", authorized: amount.value, cancelled: 0 });
    });

    test("a reservation can be released, all of it", async () => {
      const reference = await approved();
      const answer = await rig.gateway.cancel(reference, `release-${reference}`, false);
      expect(answer).toMatchObject({ kind: "ok", value: { cancelled: amount.value, captured: 0 } });
    });

    test("money that was taken cannot be released", async () => {
      const reference = await captured();
      const answer = await rig.gateway.cancel(reference, `release-${reference}`, false);
      expect(answer).toMatchObject({ kind: "refused", mobilePayCode: 6040 });
    });

    test("a create that got lost on its way is not known, and nothing was made", async () => {
      const call = createCall(nextReference());
      rig.loseNext("create", "before");
      expect(await rig.gateway.create(call)).toMatchObject({ kind: "unknown" });
      expect(await rig.gateway.getPayment(call.reference)).toEqual({ kind: "notFound" });
    });

    test("a create whose answer got lost is not known, though the payment is there", async () => {
      const call = createCall(nextReference());
      rig.loseNext("create", "after");
      expect(await rig.gateway.create(call)).toMatchObject({ kind: "unknown" });
      expect(await look(call.reference)).toMatchObject({ state: "CREATED" });
      expect(await rig.gateway.create(call)).toMatchObject({ kind: "ok" });
    });

    test("a capture whose answer got lost is not known; repeated, it takes the money once", async () => {
      const reference = await approved();
      rig.loseNext("capture", "after");
      expect(await rig.gateway.capture(moveCall(reference, "capture"))).toMatchObject({ kind: "unknown" });
      expect(await look(reference)).toMatchObject({ captured: amount.value });
      expect(await rig.gateway.capture(moveCall(reference, "capture"))).toMatchObject({ kind: "ok" });
      expect(await look(reference)).toMatchObject({ captured: amount.value });
    });

    test("a refund whose answer got lost is not known; its key tells that it landed", async () => {
      const reference = await captured();
      const call = moveCall(reference, "refund", 1000);
      rig.loseNext("refund", "after");
      expect(await rig.gateway.refund(call)).toMatchObject({ kind: "unknown" });
      expect(await rig.gateway.wasApplied(reference, call.key)).toEqual({ kind: "ok", value: true });
      expect(await rig.gateway.refund(call)).toMatchObject({ kind: "ok", value: { refunded: 1000 } });
    });

    test.each(["create", "capture", "refund"] as const)(
      "a %s that MobilePay asks to wait with is not known, and nothing was done",
      async (operation) => {
        const reference = operation === "create" ? nextReference() : await prepared(operation);
        rig.busyNext(operation);
        const call = operation === "create" ? createCall(reference) : moveCall(reference, "busy");
        expect(await rig.gateway[operation](call)).toMatchObject({ kind: "unknown", why: "busy" });
        expect(await rig.gateway[operation](call)).toMatchObject({ kind: "ok" });
      },
    );
    const prepared = (operation: "capture" | "refund") => (operation === "capture" ? approved() : captured());

    test("a payment that nobody approved in time expires", async () => {
      const reference = await created();
      rig.expire();
      expect(await look(reference)).toMatchObject({ state: "EXPIRED", ...nothing });
    });
  });
}
