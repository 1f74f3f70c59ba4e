import type { SimulatedPayment } from "../../daemon/devkit/simulator/platform/payment.ts";
import type { PaymentView } from "../../daemon/protocol/values.ts";
import type { Bank } from "./bank.ts";
import { type Attempt, isOver, type Memory } from "./memory.ts";

/** At every moment: no sale has cost its customer more than its price. */
export function chargedTwice(bank: Bank, memory: Memory): string[] {
  const payments = new Map(bank.payments().map((payment) => [payment.reference, payment]));
  const kept = new Map<string, { kept: number; total: number }>();
  for (const { order, reference } of memory.attempts) {
    const payment = payments.get(reference);
    if (!payment) continue;
    const sale = kept.get(order.sale.saleId) ?? { kept: 0, total: order.sale.total.value };
    sale.kept += payment.captured - payment.refunded;
    kept.set(order.sale.saleId, sale);
  }
  const twice = [...kept].filter(([, sale]) => sale.kept > sale.total);
  return twice.map(([saleId, sale]) => `${memory.tillId}: ${saleId} was paid ${sale.kept} instead of ${sale.total}`);
}

/** When the daemon is up again: what it has acknowledged is still so. `view`: undefined when it does not know the payment. */
export function forgotten(attempt: Attempt, view: PaymentView | undefined): string[] {
  const { reference, acknowledged, receiptNumber, decision } = attempt;
  if (!view) return [`${reference}: acknowledged and then forgotten`];
  const faults = [];
  if (acknowledged.has("completed") && view.receiptNumber !== receiptNumber)
    faults.push(`${reference}: its receipt was acknowledged and is forgotten (${view.state})`);
  if (acknowledged.has("decided") && decision !== undefined && view.decision !== decision)
    faults.push(`${reference}: the decision to ${decision} was acknowledged and is forgotten (${view.state})`);
  if (acknowledged.has("cancelled") && ["requesting", "waitingForCustomer", "waitingForApproval"].includes(view.state))
    faults.push(`${reference}: its cancellation was acknowledged and is forgotten (${view.state})`);
  return faults;
}

/** When everything has come to rest: bank and till agree to the øre, and nothing is left open. */
export function disagreements(bank: Bank, memory: Memory): string[] {
  const payments = new Map(bank.payments().map((payment) => [payment.reference, payment]));
  const known = new Set(memory.attempts.map(({ reference }) => reference));
  const strange = [...payments.keys()].filter((reference) => !known.has(reference));
  return [
    ...strange.map((reference) => `${reference}: money was asked for that no sale wanted`),
    ...memory.attempts
      .filter(({ settled }) => !settled)
      .flatMap((attempt) => compare(attempt, payments.get(attempt.reference))),
  ];
}

function compare(attempt: Attempt, payment: SimulatedPayment | undefined): string[] {
  const { reference, view } = attempt;
  if (!view) return payment ? [`${reference}: MobilePay has it (${payment.state}), the till knows nothing of it`] : [];
  if (!isOver(attempt)) return [`${reference}: never came to an end (${view.state})`];
  const bank = payment ?? nothing;
  const faults = [];
  for (const sum of ["captured", "refunded"] as const) {
    if (bank[sum] !== view[sum]) faults.push(`${reference}: ${sum} ${bank[sum]} at the bank, ${view[sum]} at the till`);
  }
  const reserved = bank.authorized - bank.captured - bank.cancelled;
  if (reserved !== 0) faults.push(`${reference}: ${reserved} still reserved while ${view.state}`);
  if (payment?.state === "CREATED") faults.push(`${reference}: still asks the customer while ${view.state}`);
  const all = [...faults, ...receiptFaults(attempt, bank.captured - bank.refunded)];
  return all.map(
    (fault) => `${fault} (${attempt.history.join(", ")}; ${JSON.stringify(payment?.events.map(({ name }) => name))})`,
  );
}

const nothing = { authorized: 0, captured: 0, refunded: 0, cancelled: 0 };

/** No money without a receipt or a decision, no receipt without money. */
function receiptFaults({ reference, view, printed, refunds, order, acknowledged }: Attempt, kept: number): string[] {
  if (!view) return [];
  const faults = [];
  // An old disk may know of a purchase that was given back whole only that its money is gone again.
  const wasGivenBack = view.state === "refunded" && sum(refunds) === order.amount.value;
  if (view.state !== "completed" && kept !== 0) faults.push(`${reference}: ${kept} kept although ${view.state}`);
  if (view.state === "completed" && !printed) faults.push(`${reference}: completed without a receipt`);
  if (view.state !== "completed" && printed && !wasGivenBack)
    faults.push(`${reference}: its receipt is printed, and it is ${view.state}`);
  if (acknowledged.has("cancelled") && kept !== 0 && view.decision !== "reRing")
    faults.push(`${reference}: cancelled, and ${kept} charged`);
  const given = sum(refunds.filter(({ acknowledged }) => acknowledged));
  if (view.state === "completed" && view.refunded < given)
    faults.push(`${reference}: refunds of ${given} were acknowledged, ${view.refunded} came`);
  return faults;
}

function sum(refunds: Attempt["refunds"]): number {
  return refunds.reduce((total, { amount }) => total + amount.value, 0);
}
