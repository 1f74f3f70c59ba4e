import { describe, expect, test } from "vitest";
import { readCreated, readApplied, readMoved, readSnapshot } from "../../daemon/mobilepay/snapshots.ts";
import { paymentBody } from "../support/hostile-platform.ts";

const reference = "till-1-000123-1";
const asked = { currency: "DKK", value: 4990 } as const;

describe("a payment as the platform shows it", () => {
  test("is read with its sums, and what is new in it is passed over", () => {
    expect(
      readSnapshot({ ...paymentBody(reference, { captured: 4990, refunded: 100 }), novelty: 1 }, reference),
    ).toEqual({
      value: {
        reference,
        state: "AUTHORIZED",
        amount: asked,
        authorized: 4990,
        cancelled: 0,
        captured: 4990,
        refunded: 100,
      },
    });
  });

  test.each([
    ["a reference that differs in case", { reference: reference.toUpperCase() }, {}],
    ["an approval of more than was asked", {}, { authorized: 5000 }],
    ["an approval of nothing", {}, { authorized: 0 }],
    ["money reserved before the approval", {}, { state: "CREATED", authorized: 4990 }],
    ["more captured than approved", {}, { captured: 4991 }],
    ["more refunded than captured", {}, { captured: 100, refunded: 101 }],
    ["more captured and released than approved", {}, { captured: 4990, cancelled: 1 }],
    ["an amount with a fraction", {}, { captured: 10.5 }],
    ["a negative amount", {}, { captured: -1 }],
    ["an amount beyond all numbers", {}, { captured: 1e300 }],
    ["an unknown state", {}, { state: "PAID" }],
    ["no sums", { aggregate: undefined }, {}],
  ])("is not believed with %s", (_name, fields, values) => {
    expect(readSnapshot({ ...paymentBody(reference, values), ...fields }, reference)).toHaveProperty("doubt");
  });

  test.each([
    ["terminated after its approval", { state: "TERMINATED", authorized: 4990, cancelled: 4990 }],
    ["approved in part", { authorized: 4900 }],
    ["taken and released in parts", { captured: 1000, cancelled: 3990, refunded: 500 }],
  ])("is read when it was %s", (_name, values) => {
    expect(readSnapshot(paymentBody(reference, values), reference)).toMatchObject({ value: values });
  });

  test("may show as cancelled what nobody had approved", () => {
    const body = paymentBody(reference, { state: "TERMINATED", cancelled: 4990 });
    expect(readSnapshot(body, reference)).toMatchObject({ value: { state: "TERMINATED", cancelled: 4990 } });
  });
});

describe("a capture or refund", () => {
  test("counts when the sums show it", () => {
    expect(readMoved(paymentBody(reference, { captured: 4990 }), reference, "captured", asked)).toHaveProperty("value");
  });

  test.each([
    ["nothing is captured", { captured: 0 }],
    ["less is captured", { captured: 4989 }],
    ["it is captured in another currency", { captured: 4990, currency: "EUR" }],
  ])("does not count when %s", (_name, values) => {
    expect(readMoved(paymentBody(reference, values), reference, "captured", asked)).toHaveProperty("doubt");
  });
});

describe("the event log", () => {
  const event = { reference, name: "REFUNDED", success: true, idempotencyKey: "key-1", amount: asked };
  test.each([
    ["an event with our key that succeeded", [event], true],
    ["a capture with our key", [{ ...event, name: "CAPTURED" }], true],
    ["one that failed and then succeeded", [{ ...event, success: false }, event], true],
    ["one that failed", [{ ...event, success: false }], false],
    ["another key", [{ ...event, idempotencyKey: "key-2" }], false],
    [
      "no key, where others have one",
      [
        { ...event, idempotencyKey: null },
        { ...event, name: "CREATED", idempotencyKey: "n" },
      ],
      false,
    ],
    ["no key, where none has one", [{ ...event, idempotencyKey: null }], "unnamed"],
    ["another kind of event with our key", [{ ...event, name: "CREATED" }], false],
    ["nothing", [], false],
  ])("tells of %s", (_name, events, landed) => {
    expect(readApplied(events, reference, "key-1")).toEqual({ value: landed });
  });

  test("of another payment is not believed", () => {
    expect(readApplied([{ ...event, reference: "another-payment-1" }], reference, "key-1")).toHaveProperty("doubt");
  });
});

test("a created payment may or may not have a code to show", () => {
  expect(readCreated({ reference }, reference)).toEqual({ value: { reference } });
  expect(readCreated({ reference, redirectUrl: null }, reference)).toEqual({ value: { reference } });
  const redirectUrl = "https://qr.vipps.no/o/1";
  expect(readCreated({ reference, redirectUrl }, reference)).toEqual({ value: { reference, qrContent: redirectUrl } });
});
