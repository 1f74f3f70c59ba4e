import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { type Merchant, type Seen, sale } from "../support/merchant.ts";
import { simulatedPlatform } from "../support/simulated-platform.ts";

let it: Awaited<ReturnType<typeof simulatedPlatform>>;
let merchant: Merchant;
const reference = "till-0001-1";
const dayMs = 86_400_000;

beforeEach(async () => {
  it = await simulatedPlatform();
  merchant = it.merchant;
});

async function approved(value = 4990): Promise<void> {
  await merchant.create(sale(reference, { amount: { currency: "DKK", value } }));
  it.platform.phone.approve(reference);
}

/** Days later the token has ended too. */
async function later(ms: number): Promise<void> {
  it.clock.advance(ms);
  await merchant.authorize();
}

function sums({ body }: Seen): number[] {
  const { authorizedAmount, cancelledAmount, capturedAmount, refundedAmount } = body.aggregate;
  return [authorizedAmount, cancelledAmount, capturedAmount, refundedAmount].map((amount) => amount.value);
}

async function names(): Promise<string[]> {
  const { body } = await merchant.events(reference);
  return body.map((event: { name: string; success: boolean }) => (event.success ? event.name : `${event.name} failed`));
}

describe("the customer's answer", () => {
  test("an approval reserves the amount", async () => {
    await approved();
    const payment = await merchant.get(reference);
    expect(payment.body.state).toBe("AUTHORIZED");
    expect(sums(payment)).toEqual([4990, 0, 0, 0]);
  });

  test("a refusal aborts", async () => {
    await merchant.create(sale(reference));
    expect(it.platform.phone.refuse(reference)).toEqual({ shown: "refused" });
    expect((await merchant.get(reference)).body.state).toBe("ABORTED");
    expect(await merchant.capture(reference, 4990)).toMatchObject({ code: 6200 });
    expect(await merchant.cancel(reference)).toMatchObject({ code: 6190 });
    expect(it.platform.phone.approve(reference)).toEqual({ shown: "notOpen" });
  });

  test("ten minutes without an answer expire, to the millisecond", async () => {
    await merchant.create(sale(reference));
    it.clock.advance(599_999);
    expect((await merchant.get(reference)).body.state).toBe("CREATED");
    it.clock.advance(1);
    expect((await merchant.get(reference)).body.state).toBe("EXPIRED");
    expect(it.platform.phone.approve(reference)).toEqual({ shown: "notOpen" });
  });

  test("a request expires by itself, without being asked about", async () => {
    await merchant.create(sale(reference));
    await it.world.pass(600_000);
    expect(it.platform.payments.all()[0]?.events.map((event) => event.name)).toEqual(["CREATED", "EXPIRED"]);
  });

  test("only the customer who was asked can answer", async () => {
    await merchant.create(sale(reference));
    expect(it.platform.phone.approve(reference, "4500000002")).toEqual({ shown: "notOpen" });
    expect(it.platform.phone.requests("4500000001")).toHaveLength(1);
    expect(it.platform.phone.approve(reference, "4500000001")).toEqual({ shown: "approved" });
  });

  test("force approve does what the customer would", async () => {
    const path = `/epayment/v1/test/payments/${reference}/approve`;
    await merchant.create(sale(reference));
    const approve = (body: object) => merchant.call("forceApprove", "POST", path, body);
    expect(await approve({})).toMatchObject({ code: 10030 });
    expect(await approve({ customer: { phoneNumber: "4500000002" } })).toMatchObject({ code: 10020 });
    expect((await approve({ customer: { phoneNumber: "4500000001" } })).status).toBe(200);
    expect((await merchant.get(reference)).body.state).toBe("AUTHORIZED");
  });
});

describe("forced amounts", () => {
  test.each([151, 182, 183, 184, 186, 187])("%i is declined by the bank; the request stays open", async (value) => {
    await merchant.create(sale(reference, { amount: { currency: "DKK", value } }));
    expect(it.platform.phone.approve(reference)).toMatchObject({ shown: "declined" });
    expect((await merchant.get(reference)).body.state).toBe("CREATED");
    expect(await names()).toEqual(["CREATED", "AUTHORIZED failed"]);
    expect((await merchant.cancel(reference, { cancelTransactionOnly: true })).body.state).toBe("TERMINATED");
  });

  test.each([197, 202])("%i is declined in Norway alone", async (value) => {
    const norway = await simulatedPlatform({ currency: "NOK" });
    const asked = { amount: { currency: "NOK", value }, customer: { phoneNumber: "4700000001" } };
    await norway.merchant.create(sale(reference, asked));
    expect(norway.platform.phone.approve(reference)).toMatchObject({ shown: "declined" });
    await approved(value);
    expect((await merchant.get(reference)).body.state).toBe("AUTHORIZED");
  });

  test("201 leaves everybody in doubt for an hour: no cancel, no expiry, then the money is reserved", async () => {
    await merchant.create(sale(reference, { amount: { currency: "DKK", value: 201 } }));
    expect(it.platform.phone.approve(reference)).toEqual({ shown: "processing" });
    await it.world.pass(3_599_000);
    await merchant.authorize();
    expect((await merchant.get(reference)).body.state).toBe("CREATED");
    expect(await merchant.cancel(reference, { cancelTransactionOnly: true })).toMatchObject({ code: 6250 });
    await it.world.pass(1_000);
    expect((await merchant.get(reference)).body.state).toBe("AUTHORIZED");
  });

  test.each([
    [123, 6210],
    [124, 6220],
  ])("a refund of %i is refused with %i", async (value, code) => {
    await approved();
    await merchant.capture(reference, 4990);
    expect(await merchant.refund(reference, value)).toMatchObject({ status: 400, code });
    expect(sums(await merchant.get(reference))).toEqual([4990, 0, 4990, 0]);
  });
});

describe("cancel", () => {
  test("before approval it terminates", async () => {
    await merchant.create(sale(reference));
    const cancelled = await merchant.cancel(reference, { cancelTransactionOnly: true });
    expect(cancelled.body.state).toBe("TERMINATED");
    expect(sums(cancelled)).toEqual([0, 0, 0, 0]);
    expect(await names()).toEqual(["CREATED", "TERMINATED"]);
    expect(await merchant.capture(reference, 4990)).toMatchObject({ code: 6070 });
    expect(it.platform.phone.approve(reference)).toEqual({ shown: "notOpen" });
  });

  test("after approval cancelTransactionOnly keeps the reservation: 6060", async () => {
    await approved();
    expect(await merchant.cancel(reference, { cancelTransactionOnly: true })).toMatchObject({
      status: 400,
      code: 6060,
    });
    expect(sums(await merchant.get(reference))).toEqual([4990, 0, 0, 0]);
  });

  test("after approval it releases all that is not captured, and the state stays", async () => {
    await approved();
    await merchant.capture(reference, 990);
    const cancelled = await merchant.cancel(reference, "");
    expect(cancelled.body.state).toBe("AUTHORIZED");
    expect(sums(cancelled)).toEqual([4990, 4000, 990, 0]);
    expect(await merchant.cancel(reference)).toMatchObject({ code: 6040 });
    expect(await merchant.capture(reference, 1)).toMatchObject({ code: 6170 });
  });

  test("once released, nothing can be captured or released again", async () => {
    await approved();
    await merchant.cancel(reference);
    expect(await merchant.cancel(reference)).toMatchObject({ code: 6190 });
    expect(await merchant.capture(reference, 4990)).toMatchObject({ code: 6070 });
  });

  test("while the customer is approving it is refused with 6250, and the same key works afterwards", async () => {
    await merchant.create(sale(reference));
    it.platform.phone.beginApproval(reference);
    const cancel = () => merchant.cancel(reference, {}, { key: "one-key" });
    expect(await cancel()).toMatchObject({ status: 409, code: 6250 });
    it.platform.phone.finishApproval(reference);
    expect(sums(await cancel())).toEqual([4990, 4990, 0, 0]);
  });
});

describe("capture", () => {
  test("takes parts up to the reservation and no more", async () => {
    await approved();
    expect(sums(await merchant.capture(reference, 4000))).toEqual([4990, 0, 4000, 0]);
    expect(await merchant.capture(reference, 991)).toMatchObject({ code: 6090 });
    expect(sums(await merchant.capture(reference, 990))).toEqual([4990, 0, 4990, 0]);
    expect(await merchant.capture(reference, 1)).toMatchObject({ code: 6170 });
  });

  test("needs an approval first, the payment's currency and an amount", async () => {
    await merchant.create(sale(reference));
    expect(await merchant.capture(reference, 4990)).toMatchObject({ code: 6080 });
    it.platform.phone.approve(reference);
    expect(await merchant.capture(reference, 4990, {}, "EUR")).toMatchObject({ code: 4040 });
    expect(await merchant.capture(reference, 0)).toMatchObject({ code: 4040 });
  });

  test("must be the full amount where parts are not allowed", async () => {
    const other = await simulatedPlatform({ features: { partialCapture: false } });
    await other.merchant.create(sale(reference));
    other.platform.phone.approve(reference);
    expect(await other.merchant.capture(reference, 990)).toMatchObject({ code: 6140 });
    expect((await other.merchant.capture(reference, 4990)).status).toBe(200);
  });

  test("is possible for 14 days in Denmark; then the reservation lapses", async () => {
    await approved();
    await later(14 * dayMs - 1);
    expect((await merchant.capture(reference, 990)).status).toBe(200);
    await later(1);
    expect(await merchant.capture(reference, 4000)).toMatchObject({ code: 6100 });
    expect(sums(await merchant.get(reference))).toEqual([4990, 4000, 990, 0]);
    expect(await names()).toEqual(["CREATED", "AUTHORIZED", "CAPTURED", "CANCELLED"]);
  });
});

describe("refund", () => {
  test("gives back parts up to what was captured and no more", async () => {
    await approved();
    expect(await merchant.refund(reference, 1)).toMatchObject({ code: 6150 });
    await merchant.capture(reference, 4990);
    expect(sums(await merchant.refund(reference, 4000))).toEqual([4990, 0, 4990, 4000]);
    expect(await merchant.refund(reference, 991)).toMatchObject({ code: 6150 });
    expect(sums(await merchant.refund(reference, 990))).toEqual([4990, 0, 4990, 4990]);
    expect(await merchant.refund(reference, 1)).toMatchObject({ code: 6180 });
  });

  test("is refused before approval and after a year", async () => {
    await merchant.create(sale(reference));
    expect(await merchant.refund(reference, 100)).toMatchObject({ code: 6020 });
    it.platform.phone.approve(reference);
    await merchant.capture(reference, 4990);
    await later(365 * dayMs);
    expect(await merchant.refund(reference, 100)).toMatchObject({ code: 6220 });
  });

  test("of a withdrawn payment is refused", async () => {
    await merchant.create(sale(reference));
    await merchant.cancel(reference);
    expect(await merchant.refund(reference, 100)).toMatchObject({ code: 6210 });
  });
});

describe("the event log", () => {
  test("carries the merchant's key where there is one, and a psp reference of its own for each line", async () => {
    await merchant.create(sale(reference), { key: "create-1" });
    it.platform.phone.approve(reference);
    await merchant.capture(reference, 1000, { key: "capture-1" });
    await merchant.cancel(reference, {}, { key: "cancel-1" });
    await merchant.refund(reference, 500, { key: "refund-1" });
    const { body } = await merchant.events(reference);
    expect(body.map((event: { name: string; idempotencyKey?: string }) => [event.name, event.idempotencyKey])).toEqual([
      ["CREATED", "create-1"],
      ["AUTHORIZED", undefined],
      ["CAPTURED", "capture-1"],
      ["CANCELLED", undefined],
      ["REFUNDED", "refund-1"],
    ]);
    const references = body.map((event: { pspReference: string }) => event.pspReference);
    expect(new Set(references).size).toBe(5);
    expect((await merchant.get(reference)).body.pspReference).toBe(references[0]);
  });
});

test("whatever a merchant and a customer do, no money appears or vanishes, and the log adds up to the sums", async () => {
  const step = fc.oneof(
    fc.record({
      act: fc.constantFrom("capture" as const, "refund" as const),
      value: fc.integer({ min: 0, max: 1200 }),
    }),
    fc.record({
      act: fc.constantFrom("cancel", "withdraw", "approve", "refuse", "begin", "finish"),
      value: fc.constant(0),
    }),
    fc.record({ act: fc.constant("wait" as const), value: fc.integer({ min: 0, max: 700_000 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      it = await simulatedPlatform();
      merchant = it.merchant;
      await merchant.create(sale(reference, { amount: { currency: "DKK", value: 1000 } }));
      for (const { act, value } of steps) await take(act, value);
      await later(0);
      const seen = await merchant.get(reference);
      const [authorized = 0, cancelled = 0, captured = 0, refunded = 0] = sums(seen);
      expect(authorized).toBe(seen.body.state === "AUTHORIZED" ? 1000 : 0);
      expect(cancelled + captured).toBeLessThanOrEqual(authorized);
      expect(refunded).toBeLessThanOrEqual(captured);
      const { body } = await merchant.events(reference);
      const total = (name: string) => {
        const lines: { name: string; amount: { value: number } }[] = body;
        return lines.filter((line) => line.name === name).reduce((sum, line) => sum + line.amount.value, 0);
      };
      expect([total("CANCELLED"), total("CAPTURED"), total("REFUNDED")]).toEqual([cancelled, captured, refunded]);
      it.close();
    }),
    { numRuns: 150 },
  );
});

async function take(act: string, value: number): Promise<void> {
  const { phone } = it.platform;
  if (act === "capture") await merchant.capture(reference, value);
  if (act === "refund") await merchant.refund(reference, value);
  if (act === "cancel") await merchant.cancel(reference);
  if (act === "withdraw") await merchant.cancel(reference, { cancelTransactionOnly: true });
  if (act === "approve") phone.approve(reference);
  if (act === "refuse") phone.refuse(reference);
  if (act === "begin") phone.beginApproval(reference);
  if (act === "finish") phone.finishApproval(reference);
  if (act === "wait") it.clock.advance(value);
}
