import { describe, expect, type TestContext, test } from "vitest";
import type { Fault, Operation } from "../../daemon/devkit/simulator/faults.ts";
import { Till, type TillOptions } from "../support/till.ts";
import { until } from "../support/until.ts";

// Whatever MobilePay and the way to it do to one call, over the real socket and HTTP: the money ends up where it belongs, once.

async function openTill(context: TestContext, options?: TillOptions): Promise<Till> {
  const till = await Till.open(options);
  context.onTestFinished(() => till.close());
  return till;
}

const dkk = (value: number) => ({ currency: "DKK" as const, value });

/** What is done with the call that is hit, and what MobilePay's books must say in the end. */
interface Flow {
  readonly call: Operation;
  run(till: Till): Promise<void>;
  readonly books: Record<string, unknown>;
}

const sold = { state: "AUTHORIZED", captured: 4990, cancelled: 0, refunded: 0 };

const flows: Readonly<Record<string, Flow>> = {
  "a sale's request": { call: "create", run: (till) => till.sell(), books: sold },
  "a sale's approval": { call: "get", run: (till) => till.sell(), books: sold },
  "a sale's capture": { call: "capture", run: (till) => till.sell(), books: sold },
  "a withdrawal": { call: "cancel", run: withdraw, books: { state: "TERMINATED", captured: 0 } },
  "a release": { call: "cancel", run: letGo, books: { captured: 0, cancelled: 4990 } },
  "a refund": { call: "refund", run: refund, books: { captured: 4990, refunded: 1000 } },
};

async function withdraw(till: Till): Promise<void> {
  await till.start();
  await till.untilPayment("waitingForApproval");
  await till.call("payment.cancel", { paymentId: "payment-1" });
  await till.untilPayment("cancelled");
}

/** The customer approves while the cashier gives up; then the reservation is let go, and that is what is hit. */
async function letGo(till: Till): Promise<void> {
  const planned = till.simulator.faults.list();
  till.simulator.faults.clear();
  await till.start();
  await till.untilPayment("waitingForApproval");
  till.simulator.platform.phone.beginApproval("tillA-payment-1");
  await till.call("payment.cancel", { paymentId: "payment-1" });
  await till.untilPayment("cancelling");
  till.simulator.platform.phone.finishApproval("tillA-payment-1");
  await till.until("recovery.changed", ({ item }) => item.choices.length > 0);
  for (const plan of planned) till.simulator.faults.plan(plan);
  await till.call("recovery.resolve", { paymentId: "payment-1", decision: "refund" });
  await till.untilPayment("refunded");
}

async function refund(till: Till): Promise<void> {
  await till.sell();
  await till.call("refund.start", { refundId: "refund-01", paymentId: "payment-1", amount: dkk(1000) });
  await till.until("refund.changed", ({ refund: { state } }) => state === "refunded");
}

const statuses: Fault[] = [423, 429, 500, 502, 503, 504].map((status) => ({
  kind: "status",
  status: status as 423,
  ...(status === 429 && { retryAfterSeconds: 7 }),
}));
const contradictions: Fault[] = [
  { kind: "wrongReference" },
  { kind: "wrongAmount" },
  { kind: "wrongCurrency" },
  { kind: "stateBackwards" },
];
const broken: Fault[] = [
  { kind: "lostBefore" },
  { kind: "lostAfter" },
  { kind: "emptyBody" },
  { kind: "html" },
  { kind: "redirect" },
];

const cases = Object.entries(flows).flatMap(([name, flow]) =>
  [...statuses, ...contradictions, ...broken].map((fault) => ({ name, flow, fault, said: JSON.stringify(fault) })),
);

test.concurrent.for(cases)("$name goes through although it is hit by $said", async ({ flow, fault }, context) => {
  const till = await openTill(context);
  till.simulator.faults.plan({ operation: flow.call, fault });
  await flow.run(till);
  expect(till.account()).toMatchObject(flow.books);
  expect(till.account().events.filter(({ name }) => name === "CREATED")).toHaveLength(1);
});

const done = ["500", "503", "429"].map((status) => Number(status) as 500);

test.concurrent.for(Object.entries(flows).flatMap(([name, flow]) => done.map((status) => ({ name, flow, status }))))(
  "$name happens once although MobilePay does it and says $status",
  async ({ flow, status }, context) => {
    const till = await openTill(context);
    till.simulator.faults.plan({ operation: flow.call, fault: { kind: "status", status, effect: "done" } });
    await flow.run(till);
    expect(till.account()).toMatchObject(flow.books);
  },
);

describe("a refusal that sticks", () => {
  test.concurrent("to a request ends the payment; the same call again shows it, and a new payment for the sale is asked for anew", async (context) => {
    const till = await openTill(context);
    const wrongNumber = { customer: { by: "phone", phoneNumber: "4599999999" } } as const;
    await till.start(wrongNumber);
    await till.untilPayment("failed");
    expect(await till.start(wrongNumber)).toMatchObject({ state: "failed", failure: { mobilePayCode: "7010" } });
    expect(till.simulator.requests.list("create")).toHaveLength(1);
    await till.sell({ paymentId: "payment-2" });
    expect(till.account("tillA-payment-2")).toMatchObject(sold);
  });

  test.concurrent("to a refund fails that refund alone; another one gets its own key and goes through", async (context) => {
    const till = await openTill(context);
    await till.sell();
    const wish = { refundId: "refund-01", paymentId: "payment-1", amount: dkk(123) };
    await till.call("refund.start", wish);
    await till.until("refund.changed", ({ refund: { state } }) => state === "failed");
    expect(await till.call("refund.start", wish)).toMatchObject({
      state: "failed",
      failure: { mobilePayCode: "6210" },
    });
    await till.call("refund.start", { ...wish, refundId: "refund-02", amount: dkk(1000) });
    await till.until(
      "refund.changed",
      ({ refund: { refundId, state } }) => refundId === "refund-02" && state === "refunded",
    );
    expect(till.account()).toMatchObject({ refunded: 1000 });
    const keys = till.simulator.requests.list("refund").map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys)).toEqual(new Set(["tillA-r-refund-01", "tillA-r-refund-02"]));
  });

  test.concurrent("a refund after a year is refused in words", async (context) => {
    const till = await openTill(context);
    await till.sell();
    till.simulator.clock.advance(366 * 86_400_000);
    await till.call("refund.start", { refundId: "refund-01", paymentId: "payment-1", amount: dkk(1000) });
    const { refund: failed } = await till.until("refund.changed", ({ refund: { state } }) => state === "failed");
    expect(failed.failure).toMatchObject({ mobilePayCode: "6220", message: expect.stringContaining("365 days") });
  });
});

describe("a request that arrives late", () => {
  test.concurrent("is withdrawn although MobilePay knew nothing of it when that was first asked: no answer sticks to the next try", async (context) => {
    const till = await openTill(context, { abandonAfterSeconds: 1 });
    const ms = 600_000;
    till.simulator.faults.plan({ operation: "create", fault: { kind: "slow", ms, at: "request" } });
    await till.start();
    await until(() => till.simulator.faults.list().length === 0, "the request");
    await till.stop();
    await till.powerOn();
    await until(() => till.simulator.requests.list("cancel").some(({ status }) => status === 404), "a 404");
    till.simulator.clock.advance(ms);
    await till.untilPayment("cancelled");
    expect(till.account()).toMatchObject({ state: "TERMINATED" });
  });
});

describe("a customer who is typing the code while the cashier cancels (6250)", () => {
  async function cancelWhileApproving(context: TestContext): Promise<Till> {
    const till = await openTill(context);
    await till.start();
    await till.untilPayment("waitingForApproval");
    till.simulator.platform.phone.beginApproval("tillA-payment-1");
    await till.call("payment.cancel", { paymentId: "payment-1" });
    await till.untilPayment("cancelling");
    return till;
  }

  test.concurrent("and approves: a person decides, nothing is taken", async (context) => {
    const till = await cancelWhileApproving(context);
    till.simulator.platform.phone.finishApproval("tillA-payment-1");
    const { item } = await till.until("recovery.changed", ({ item: { choices } }) => choices.length > 0);
    expect(item).toMatchObject({ situation: "approvedNotCaptured", captureBefore: expect.any(String) });
    expect(till.account()).toMatchObject({ captured: 0, cancelled: 0 });
  });

  test.concurrent("and gives up: the payment is withdrawn", async (context) => {
    const till = await cancelWhileApproving(context);
    const payment = till.account();
    payment.authorizing = false;
    await till.untilPayment("cancelled");
    expect(till.account()).toMatchObject({ state: "TERMINATED" });
  });
});

describe("a reservation that nobody decides about", () => {
  async function undecided(context: TestContext, options: TillOptions = {}): Promise<Till> {
    const till = await openTill(context, options);
    const customer = { by: "screenQr" } as const;
    const amount = { currency: options.currency ?? ("DKK" as const), value: 4990 };
    await till.start({ customer, amount, sale: { saleId: "sale-1", total: amount } });
    await till.untilPayment("waitingForApproval");
    till.simulator.platform.phone.beginApproval("tillA-payment-1");
    await till.call("payment.cancel", { paymentId: "payment-1" });
    await till.untilPayment("cancelling");
    till.simulator.platform.phone.finishApproval("tillA-payment-1");
    await till.until("recovery.changed", ({ item }) => item.choices.length > 0);
    return till;
  }

  const daysLeft = async (till: Till) => {
    const { items } = await till.call("recovery.list", {});
    return (Date.parse(items[0]?.captureBefore ?? "") - Date.now()) / 86_400_000;
  };

  test.concurrent("can be taken for 14 days in Denmark and Finland, and for 180 in Norway, and the list says until when", async (context) => {
    const danish = await undecided(context);
    expect(await daysLeft(danish)).toBeCloseTo(14, 1);
    expect(await daysLeft(await undecided(context, { currency: "NOK" }))).toBeCloseTo(180, 1);
  });

  test.concurrent("has lapsed after that: ringing up again finds no money and says so", async (context) => {
    const till = await undecided(context);
    till.simulator.clock.advance(15 * 86_400_000);
    await till.call("recovery.resolve", { paymentId: "payment-1", decision: "reRing" });
    await till.untilPayment("cancelled");
    expect(till.account()).toMatchObject({ captured: 0, cancelled: 4990 });
  });
});
