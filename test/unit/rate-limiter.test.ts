import { expect, test } from "vitest";
import type { Gateway } from "../../daemon/payments/ports/gateway.ts";
import { rateLimited } from "../../daemon/payments/work/rate-limiter.ts";
import type { PlannedFault, Operation } from "../support/bank.ts";
import { Shop } from "../support/shop.ts";
import { VirtualWorld } from "../support/virtual-world.ts";

const minuteMs = 60_000;
const places = { run: <Answer>(_: string, call: () => Promise<Answer>) => call() };
const reference = "kassa1-payment-1";

function counting(world: VirtualWorld) {
  const callsMs: number[] = [];
  const call = async () => {
    callsMs.push(world.monotonicMs());
    return { kind: "unknown", why: "unreachable" } as const;
  };
  // The other calls are not made here.
  return {
    callsMs,
    gateway: rateLimited({ capture: call, look: call, cancel: call } as unknown as Gateway, world, places),
  };
}

test("a sixth capture of a payment within a minute is not sent, and says how long to wait", async () => {
  const world = new VirtualWorld();
  const { callsMs, gateway } = counting(world);
  const capture = () => gateway.capture({ reference, key: "key", body: "{}" });
  for (let second = 0; second < 5; second += 1) {
    await capture();
    await world.pass(1000);
  }
  expect(await capture()).toEqual({ kind: "unknown", why: "busy", retryAfterMs: 55_000 });
  await world.pass(55_000);
  await capture();
  expect(callsMs).toHaveLength(6);
});

test("calls of another kind, and about another payment, have a count of their own", async () => {
  const { callsMs, gateway } = counting(new VirtualWorld());
  for (let call = 0; call < 9; call += 1) {
    await gateway.capture({ reference, key: "key", body: "{}" });
    await gateway.capture({ reference: "kassa1-payment-2", key: "key", body: "{}" });
    await gateway.cancel(reference, "key", true);
  }
  expect(callsMs).toHaveLength(15);
});

// Any hour of a till: whatever MobilePay answers, whoever wakes the loops, however often the cashier presses.

const operations: readonly Operation[] = ["create", "look", "cancel", "capture", "refund", "landed"];
const moods: readonly PlannedFault["kind"][] = ["ok", "lostBefore", "lostAfter", "busy", "busyAfter", "half"];
const refusals = [4020, 4150, 6050, 6060, 6100, 6150, 6160, 6170, 6190, 6200, 6210, 6250, 7010];

/** An hour or more in the life of a till with one sale in it: when it called MobilePay, by operation. */
async function anyHour(seed: number): Promise<ReadonlyMap<string, readonly number[]>> {
  const shop = new Shop({ seed, capture: seed % 2 === 0 ? "onApproval" : "onReceipt", abandonAfterMs: 600_000 });
  const { world, bank } = shop;
  const calls = new Map<string, number[]>();
  const note = (operation: Operation) => {
    const name = operation === "landed" ? "look" : operation;
    calls.set(name, [...(calls.get(name) ?? []), world.monotonicMs()]);
  };
  // A question may come from inside the client, after a refusal; what is lost or put off counts as well.
  bank.onArrival = (operation) => (operation === "look" || operation === "landed") && note(operation);
  shop.onRequest = ({ operation }) => operation !== "look" && operation !== "landed" && note(operation);
  const random = (count: number) => Math.floor(world.chance() * count);
  // Each operation has its turn to be put off from the start.
  let mood = new Map<Operation, PlannedFault["kind"]>([[operations[seed % operations.length] ?? "create", "busy"]]);
  const otherMood = () => new Map(operations.map((operation) => [operation, moods[random(moods.length)] ?? "ok"]));
  bank.fate = (operation) => ({ kind: mood.get(operation) ?? "ok", latencyMs: random(400) }) as PlannedFault; // of no kind that needs more
  bank.refuse = () => (random(8) === 0 ? refusals[random(refusals.length)] : undefined);
  void shop.start().catch(ignore);
  for (let act = 0; act < 4000; act += 1) {
    if (random(300) === 0) mood = otherMood();
    if (random(100) === 0) bank.approve(reference);
    anyAct(shop, act, random);
    await world.pass(random(400) === 0 ? random(900_000) : random(900));
  }
  return calls;
}

const ignore = () => undefined;

/** Somebody does something; most of the time the loops are merely woken. */
function anyAct(shop: Shop, act: number, random: (count: number) => number): void {
  const paymentId = "payment-1";
  const amount = { currency: "DKK" as const, value: 1 + random(500) };
  const page = `page-${random(3)}`;
  const acts = [
    () => shop.start({}, page),
    async () => shop.leave(page),
    () => shop.payments.cancel(paymentId),
    () => shop.payments.complete({ paymentId, receiptNumber: "r-1" }, shop.page()),
    () => shop.payments.startRefund({ refundId: `refund-${act}`, paymentId, amount }),
    () => shop.payments.resolve({ paymentId, decision: random(2) === 0 ? "refund" : "reRing" }),
    async () => shop.bank.process(reference),
  ];
  const chosen = random(20) === 0 ? acts[random(acts.length)] : undefined;
  if (chosen) void chosen().catch(ignore);
  else shop.payments.requery(reference);
}

/** The most calls within any minute. */
function mostPerMinute(callsMs: readonly number[]): number {
  return Math.max(0, ...callsMs.map((fromMs) => callsMs.filter((at) => at >= fromMs && at < fromMs + minuteMs).length));
}

test("no hour of a till asks more of MobilePay than it allows: 5 moves of a kind a minute for a payment, 120 questions", async () => {
  const most = new Map<string, number>();
  for (let seed = 1; seed <= 40; seed += 1) {
    for (const [operation, callsMs] of await anyHour(seed)) {
      const count = mostPerMinute(callsMs);
      most.set(operation, Math.max(most.get(operation) ?? 0, count));
      expect(count, `seed ${seed}: ${operation}`).toBeLessThanOrEqual(operation === "look" ? 120 : 5);
    }
  }
  // Else the hours were too quiet to show anything.
  expect(Object.fromEntries(most)).toMatchObject({
    create: 5,
    cancel: 5,
    capture: 5,
    refund: 5,
    look: expect.any(Number),
  });
  expect(most.get("look")).toBeGreaterThan(90);
});
