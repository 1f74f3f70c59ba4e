import { describe, expect, test } from "vitest";
import { isFinalState, stageOf } from "../../daemon/protocol/payment-stage.ts";
import type { RecoveryItem } from "../../daemon/protocol/values.ts";
import type { Operation, PlannedFault } from "../support/bank.ts";
import { paidShop, Shop } from "../support/shop.ts";

// Nothing about one payment locks the till, and nothing is silent: whatever state a payment is in, whoever shows it, and whatever call
// fails for ever and however, within fifteen seconds another sale can start, and the payment is over, moves, or stands before a person.

const reference = "kassa1-payment-1";
const amount = { currency: "DKK" as const, value: 4990 };

/** How a call fails, each time. */
const failures = {
  "is never answered": { kind: "lostBefore", latencyMs: 5 },
  "is carried out, and never answered": { kind: "lostAfter", latencyMs: 5 },
  "meets a fault of the server": { kind: "broken", latencyMs: 5 },
  "has to wait, and nobody says how long": { kind: "busy", latencyMs: 5 },
  "has to wait an hour": { kind: "busy", latencyMs: 5, retryAfterMs: 3_600_000 },
  "is refused": "refused",
} as const satisfies Record<string, PlannedFault | "refused">;

type Failing = (typeof failures)[keyof typeof failures];

const operations = ["create", "look", "cancel", "capture", "refund"] as const;

/** From now on. */
function fail(shop: Shop, failing: readonly Operation[], how: Failing): void {
  const ok: PlannedFault = { kind: "ok", latencyMs: 5 };
  const fails = (operation: Operation) =>
    failing.includes(operation === "landed" ? "look" : operation) || failing.length === operations.length;
  if (how === "refused") shop.bank.refuse = (operation) => (fails(operation) ? 5100 : undefined);
  else shop.bank.fate = (operation) => (fails(operation) ? how : ok);
}

function mend(shop: Shop): void {
  shop.bank.refuse = () => undefined;
  shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
}

interface Story {
  readonly name: string;
  readonly capture?: "onApproval" | "onReceipt";
  /** Up to the moment from which on the call fails. */
  readonly before?: (shop: Shop) => Promise<unknown>;
  /** What happens then. What does not come about because of the failure is not waited for. */
  readonly meanwhile: (shop: Shop) => unknown;
}

const begin = (shop: Shop) => shop.start();
const ask = async (shop: Shop) => {
  await shop.start();
  await shop.until("waitingForApproval");
};
const pay = (shop: Shop) => paidShop(shop);
/** Shops of which no page shows the sale. */
const unshown = new WeakSet<Shop>();
function leave(shop: Shop): void {
  shop.leave();
  unshown.add(shop);
}
async function restart(shop: Shop): Promise<void> {
  await shop.restart();
  leave(shop);
}
const approve = (shop: Shop) => shop.bank.approve(reference);
const cancel = (shop: Shop) => shop.act((payments) => payments.cancel("payment-1"));
const complete = (shop: Shop) =>
  shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
const decide = (shop: Shop, decision: "refund" | "reRing") =>
  shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision }));

async function undecided(shop: Shop): Promise<void> {
  await pay(shop);
  leave(shop);
  await shop.until("needsDecision");
  await shop.world.pass(5000);
}

const stories: readonly Story[] = [
  { name: "a sale whose customer is waited for", meanwhile: (shop) => shop.start({ customer: { by: "tillTag" } }) },
  { name: "a sale that is being asked for", meanwhile: begin },
  { name: "a sale that is on the customer's phone", before: ask, meanwhile: () => undefined },
  { name: "a sale on the phone that the cashier gave up", before: ask, meanwhile: cancel },
  {
    name: "a sale on the phone that the cashier gave up and the customer approved",
    before: ask,
    meanwhile: async (shop) => {
      await cancel(shop);
      approve(shop);
    },
  },
  { name: "a sale on the phone whose page went away", before: ask, meanwhile: leave },
  {
    name: "a sale that was approved after its page went away",
    before: ask,
    meanwhile: (shop) => {
      leave(shop);
      approve(shop);
    },
  },
  { name: "an approved sale", before: ask, meanwhile: approve },
  {
    name: "an approved sale that the cashier gives up",
    before: ask,
    meanwhile: async (shop) => {
      approve(shop);
      await shop.world.pass(2000);
      await cancel(shop).catch(() => undefined);
    },
  },
  {
    name: "an approved sale whose page goes away",
    before: ask,
    meanwhile: async (shop) => {
      approve(shop);
      await shop.world.pass(2000);
      leave(shop);
    },
  },
  {
    name: "a sale that was on the phone when the power went",
    before: ask,
    meanwhile: async (shop) => {
      await restart(shop);
    },
  },
  {
    name: "a sale that was approved without power, and taken up again",
    before: ask,
    meanwhile: async (shop) => {
      approve(shop);
      await shop.restart();
      await shop.start({}, "page-2");
    },
  },
  { name: "a paid sale", before: pay, meanwhile: () => undefined },
  { name: "a paid sale whose page went away", before: pay, meanwhile: leave },
  { name: "a reserved sale whose page went away", capture: "onReceipt", before: pay, meanwhile: leave },
  { name: "a paid sale when the power went", before: pay, meanwhile: restart },
  { name: "a reserved sale with its receipt", capture: "onReceipt", before: pay, meanwhile: complete },
  {
    name: "a reserved sale with its receipt, whose page went away",
    capture: "onReceipt",
    before: pay,
    meanwhile: async (shop) => {
      await complete(shop);
      leave(shop);
    },
  },
  {
    name: "a reserved sale with its receipt, when the power went",
    capture: "onReceipt",
    before: pay,
    meanwhile: async (shop) => {
      await complete(shop);
      await restart(shop);
    },
  },
  { name: "a paid sale that is to be refunded", before: undecided, meanwhile: (shop) => decide(shop, "refund") },
  {
    name: "a reserved sale that is to be released",
    capture: "onReceipt",
    before: undecided,
    meanwhile: (shop) => decide(shop, "refund"),
  },
  { name: "a paid sale that is to be rung up again", before: undecided, meanwhile: (shop) => decide(shop, "reRing") },
  {
    name: "a reserved sale that is to be rung up again",
    capture: "onReceipt",
    before: undecided,
    meanwhile: (shop) => decide(shop, "reRing"),
  },
  {
    name: "a reserved sale that was rung up again, with its receipt",
    capture: "onReceipt",
    before: undecided,
    meanwhile: async (shop) => {
      await decide(shop, "reRing");
      await complete(shop);
    },
  },
  {
    name: "an approved sale given up, that is to be rung up again",
    before: async (shop) => {
      await ask(shop);
      leave(shop);
      await shop.until("cancelled");
    },
    meanwhile: () => undefined,
  },
  {
    name: "a sale approved while the cashier gave it up, that is to be rung up again",
    before: async (shop) => {
      await ask(shop);
      approve(shop);
      await cancel(shop);
      await shop.until("needsDecision");
      await shop.world.pass(5000);
    },
    meanwhile: (shop) => decide(shop, "reRing"),
  },
  { name: "a sale before a person", before: undecided, meanwhile: () => undefined },
  {
    name: "a sale before a person when the power went",
    before: undecided,
    meanwhile: restart,
  },
  {
    name: "a finished sale of which a part is refunded",
    before: async (shop) => {
      await pay(shop);
      await complete(shop);
    },
    meanwhile: (shop) =>
      shop.act((payments) =>
        payments.startRefund({ refundId: "refund-01", receiptNumber: "r-1", amount: { ...amount, value: 1000 } }),
      ),
  },
];

const failingCalls: readonly (readonly Operation[])[] = [...operations.map((operation) => [operation]), operations];

const nameOf = (failing: readonly Operation[]) => (failing.length > 1 ? "every call" : String(failing[0]));

const table = stories.flatMap((story) =>
  failingCalls.flatMap((failing) =>
    Object.entries(failures)
      .filter(([, how]) => how !== "refused" || !failing.includes("look"))
      .map(([word, how]) => ({ title: `${story.name}: ${nameOf(failing)} ${word}`, story, failing, how })),
  ),
);

const itemOf = ({ payments }: Shop): RecoveryItem | undefined => payments.recoveryItems()[0];

function toldItem(shop: Shop): RecoveryItem | undefined {
  return shop.events.flatMap(({ event, params }) => (event === "recovery.changed" ? [params.item] : [])).at(-1);
}

/** The cashier's next sale. A sale that the customer has not approved can be called off first: its page offers that. */
async function nextSale(shop: Shop): Promise<void> {
  const { state } = await shop.act((payments) => payments.get("payment-1"));
  if (stageOf(state) === "unapproved" && !unshown.has(shop)) await cancel(shop);
  await shop.start({ paymentId: "payment-2", sale: { saleId: "sale-2", total: amount } }, "page-3");
}

/** Where the payment stands: over, moving, or before a person. Throws what is wrong with it. */
async function expectSeen(shop: Shop): Promise<void> {
  const payment = await shop.act((payments) => payments.get("payment-1"));
  const account = shop.bank.accounts.get(reference);
  expect(payment.captured, "said to be taken").toBeLessThanOrEqual(account?.captured ?? 0);
  expect(payment.authorized, "said to be approved").toBeLessThanOrEqual(account?.authorized ?? 0);
  const item = itemOf(shop);
  const told = toldItem(shop);
  if (item) expect(told, "what pages were told").toEqual(item);
  else expect(told?.resolved ?? true, "what pages were told").toBe(true);
  if (isFinalState(payment.state)) return;
  if (stageOf(payment.state) === "unapproved") return;
  // The page is making the receipt.
  if (payment.state === "paid" && !unshown.has(shop) && shop.world.monotonicMs() < 60_000) return;
  expect(item, `${payment.state} is not listed`).toBeDefined();
  if (!item) return;
  if (item.choices.length > 0) {
    if (item.recommended) expect(item.choices).toContain(item.recommended);
    return;
  }
  expect(item.situation, `${payment.state} has no choice`).toBe("checking");
  // MobilePay ends a request that is not approved, and one that never reached it is over after a minute.
  const moves = payment.state === "cancelling" && account?.state !== "AUTHORIZED";
  expect(moves || item.payment.contactLost, `${payment.state} is checked without a reason`).toBe(true);
}

describe("a new sale can start, and the payment is over, moves, or stands before a person", () => {
  test.for(table.map((row) => [row.title, row] as const))("%s", async ([, { story, failing, how }]) => {
    const shop = new Shop({ capture: story.capture ?? "onApproval" });
    await story.before?.(shop);
    fail(shop, failing, how);
    await story.meanwhile(shop);
    await shop.world.pass(15_000);
    await nextSale(shop);
    await shop.world.pass(30_000);
    await expectSeen(shop);
    mend(shop);
    await shop.world.pass(120_000);
    await expectSeen(shop);
    expect(itemOf(shop)?.situation, "MobilePay answers").not.toBe("checking");
  });
});
