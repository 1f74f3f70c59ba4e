import { beforeEach, describe, expect, test } from "vitest";
import { type Merchant, sale } from "../support/merchant.ts";
import { simulatedPlatform } from "../support/simulated-platform.ts";

let it: Awaited<ReturnType<typeof simulatedPlatform>>;
let merchant: Merchant;
const reference = "till-0001-1";

beforeEach(async () => {
  it = await simulatedPlatform();
  merchant = it.merchant;
});

async function approved(): Promise<void> {
  await merchant.create(sale(reference), { key: "create-1" });
  it.platform.phone.approve(reference);
}

const captured = () => it.platform.payments.get(reference).captured;

describe("an idempotency key", () => {
  test("repeated with the same body gets the same answer and does nothing more", async () => {
    await approved();
    const first = await merchant.capture(reference, 1000, { key: "capture-1" });
    const second = await merchant.capture(reference, 1000, { key: "capture-1" });
    expect(second.body).toEqual(first.body);
    expect(captured()).toBe(1000);
    expect((await merchant.create(sale(reference), { key: "create-1" })).status).toBe(201);
  });

  test("the order of the fields is no difference", async () => {
    const { amount, ...rest } = sale(reference);
    await merchant.create({ amount, ...rest }, { key: "create-1" });
    expect((await merchant.create({ ...rest, amount }, { key: "create-1" })).status).toBe(201);
  });

  test.each([
    ["capture", 4010],
    ["refund", 4150],
  ] as const)("of a %s with another body is a conflict: 409 and %i", async (operation, code) => {
    await approved();
    await merchant.capture(reference, 2000);
    await merchant[operation](reference, 1000, { key: "key-x" });
    const before = it.platform.payments.get(reference).events.length;
    expect(await merchant[operation](reference, 999, { key: "key-x" })).toMatchObject({ status: 409, code });
    expect(it.platform.payments.get(reference).events).toHaveLength(before);
  });

  test("of a create with another body is a conflict: 409 and 4020", async () => {
    await merchant.create(sale(reference), { key: "create-1" });
    expect(await merchant.create(sale("till-0002-1"), { key: "create-1" })).toMatchObject({ status: 409, code: 4020 });
  });

  test("keeps a refusal: the request must be mended and sent with a new key", async () => {
    await merchant.create(sale(reference));
    expect(await merchant.capture(reference, 1000, { key: "early" })).toMatchObject({ code: 6080 });
    it.platform.phone.approve(reference);
    expect(await merchant.capture(reference, 1000, { key: "early" })).toMatchObject({ code: 6080 });
    expect((await merchant.capture(reference, 1000, { key: "later" })).status).toBe(200);
  });

  test("does not keep what came before the platform looked at the request", async () => {
    await approved();
    it.platform.tokens.revokeAll();
    expect((await merchant.capture(reference, 1000, { key: "capture-1" })).status).toBe(401);
    await merchant.authorize();
    expect((await merchant.capture(reference, 1000, { key: "capture-1" })).status).toBe(200);
  });

  test("belongs to one operation and one payment", async () => {
    await approved();
    expect((await merchant.capture(reference, 1000, { key: "create-1" })).status).toBe(200);
    expect((await merchant.refund(reference, 1000, { key: "create-1" })).status).toBe(200);
    expect([captured(), it.platform.payments.get(reference).refunded]).toEqual([1000, 1000]);
  });

  test("is optional for cancel", async () => {
    await merchant.create(sale(reference));
    const first = await merchant.cancel(reference, {}, { key: "cancel-1" });
    expect((await merchant.cancel(reference, {}, { key: "cancel-1" })).body).toEqual(first.body);
    expect(await merchant.cancel(reference)).toMatchObject({ code: 6190 });
  });
});

describe("limits", () => {
  test("five calls a minute change a payment, whatever they answered; the sixth gets 429 and says how long to wait", async () => {
    await approved();
    for (let call = 0; call < 5; call += 1) await merchant.capture(reference, 99_999);
    const refused = await merchant.capture(reference, 1000, { key: "capture-1" });
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "60" } });
    it.clock.advance(59_999);
    expect((await merchant.capture(reference, 1000, { key: "capture-1" })).headers["retry-after"]).toBe("1");
    it.clock.advance(1);
    expect((await merchant.capture(reference, 1000, { key: "capture-1" })).status).toBe(200);
  });

  test("each operation and each payment has its own five", async () => {
    await approved();
    for (let call = 0; call < 6; call += 1) await merchant.capture(reference, 99_999);
    expect((await merchant.cancel(reference)).status).toBe(200);
    for (let sales = 2; sales < 10; sales += 1) {
      expect((await merchant.create(sale(`till-000${sales}-1`))).status).toBe(201);
    }
  });

  test("payments without a reference count as one", async () => {
    const nameless = () => merchant.create(sale(reference, { reference: undefined }));
    for (let call = 0; call < 5; call += 1) expect((await nameless()).status).toBe(400);
    expect((await nameless()).status).toBe(429);
  });

  test("120 reads a minute, get and events together", async () => {
    await merchant.create(sale(reference));
    for (let call = 0; call < 60; call += 1) {
      expect((await merchant.get(reference)).status).toBe(200);
      expect((await merchant.events(reference)).status).toBe(200);
    }
    expect((await merchant.events(reference)).status).toBe(429);
    it.clock.advance(60_000);
    expect((await merchant.get(reference)).status).toBe(200);
  });
});
