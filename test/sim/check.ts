import { fold, isFinal, type Payment, refundedSoFar, refundsUnderWay } from "../../daemon/payments/payment.ts";
import type { Account } from "../support/bank.ts";
import type { Shop } from "../support/shop.ts";
import type { Acknowledged, Pos } from "./pos.ts";
import { saleTotal } from "./pos.ts";

/** What is wrong when a sale is over and everything has come to rest: nothing, if Tillbridge keeps its promises. */
export function findFaults(shop: Shop, pos: Pos): string[] {
  const payments = [...shop.disk.payments.values()].map(fold);
  return [
    ...[...shop.bank.accounts.values()].flatMap((account) => compare(account, payments)),
    ...payments.flatMap(atRest),
    ...chargedTwice(payments, shop),
    ...pos.acknowledged.flatMap((fact) => stillTrue(fact, payments)),
    ...chargedAgainstWill(pos, payments, shop),
  ];
}

/** Bank and till agree to the øre, and nothing stays reserved. */
function compare(account: Account, payments: readonly Payment[]): string[] {
  const payment = payments.find(({ order }) => order.reference === account.reference);
  if (!payment) return [`${account.reference}: money at MobilePay that the till knows nothing of`];
  const faults: string[] = [];
  const reserved = account.authorized - account.captured - account.cancelled;
  if (reserved !== 0) faults.push(`${account.reference}: ${reserved} still reserved while ${payment.state}`);
  if (account.captured !== payment.captured)
    faults.push(`${account.reference}: ${account.captured} taken, the till says ${payment.captured}`);
  if (account.refunded !== refundedSoFar(payment))
    faults.push(`${account.reference}: ${account.refunded} given back, the till says ${refundedSoFar(payment)}`);
  if (account.state === "CREATED") faults.push(`${account.reference}: still asks the customer while ${payment.state}`);
  const kept = account.captured - account.refunded;
  if (payment.state !== "completed" && kept !== 0)
    faults.push(`${account.reference}: ${kept} kept although ${payment.state}`);
  return faults;
}

function atRest(payment: Payment): string[] {
  const { reference } = payment.order;
  const faults: string[] = [];
  if (!isFinal(payment)) faults.push(`${reference}: never came to an end (${payment.state})`);
  if (refundsUnderWay(payment) > 0) faults.push(`${reference}: a refund never came to an end`);
  if (payment.state === "completed" && payment.receiptNumber === undefined)
    faults.push(`${reference}: completed without a receipt`);
  return faults;
}

function chargedTwice(payments: readonly Payment[], shop: Shop): string[] {
  const kept = [...shop.bank.accounts.values()].reduce((sum, account) => sum + account.captured - account.refunded, 0);
  const faults = kept > saleTotal.value ? [`the sale was paid ${kept} instead of ${saleTotal.value}`] : [];
  const captures = new Set(
    shop.bank.effects.filter(({ operation }) => operation === "capture").map(({ reference }) => reference),
  );
  const taken = shop.bank.effects.filter(({ operation }) => operation === "capture").length;
  if (taken > captures.size) faults.push("one payment was captured more than once");
  if (payments.filter(({ state }) => state === "completed").length > 1)
    faults.push("two payments have a receipt for one sale");
  return faults;
}

function stillTrue(fact: Acknowledged, payments: readonly Payment[]): string[] {
  const payment = payments.find(({ order }) => order.paymentId === fact.paymentId);
  const lost = [`acknowledged and then forgotten: ${JSON.stringify(fact)}`];
  if (!payment) return lost;
  switch (fact.fact) {
    case "completed":
      return payment.receiptNumber === fact.receiptNumber ? [] : lost;
    case "refund":
      return payment.refunds.some(({ order }) => order.refundId === fact.refundId) ? [] : lost;
    default:
      return [];
  }
}

/** A payment whose cancel was acknowledged is charged only if a person decided so afterwards. */
function chargedAgainstWill(pos: Pos, payments: readonly Payment[], shop: Shop): string[] {
  return pos.acknowledged.flatMap(({ fact, paymentId }) => {
    const payment = payments.find(({ order }) => order.paymentId === paymentId);
    if (fact !== "cancelled" || !payment || payment.decision === "reRing") return [];
    const account = shop.bank.accounts.get(payment.order.reference);
    const kept = (account?.captured ?? 0) - (account?.refunded ?? 0);
    return kept === 0 ? [] : [`${payment.order.reference}: cancelled, and ${kept} charged`];
  });
}
