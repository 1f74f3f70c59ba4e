import type { WalletCurrency } from "../sales-unit.ts";
import { PlatformRefusal, refuseFields } from "./errors.ts";
import type { SimulatedPayment } from "./payment.ts";

/** One entry of the funds ledger. Amounts in minor units; a refund's is negative, as it lowers the balance. */
export interface FundsEntry {
  readonly pspReference: string;
  readonly time: string;
  readonly ledgerDate: string;
  readonly entryType: "capture" | "refund";
  readonly reference: string;
  readonly currency: string;
  readonly amount: number;
  readonly balanceBefore: number;
  readonly balanceAfter: number;
  readonly recipientHandle: string;
}

/** A ledger date lasts from midnight to midnight where the merchant is. */
const timeZones: Readonly<Record<WalletCurrency, string>> = {
  DKK: "Europe/Copenhagen",
  EUR: "Europe/Helsinki",
  NOK: "Europe/Oslo",
};

export function ledgerDateOf(ms: number, currency: WalletCurrency): string {
  // Sweden writes dates as ISO does.
  return new Date(ms).toLocaleDateString("sv-SE", { timeZone: timeZones[currency] });
}

/** All captures and refunds, oldest first. */
export function ledgerEntries(payments: readonly SimulatedPayment[], currency: WalletCurrency): FundsEntry[] {
  const moves = payments
    .flatMap((payment) => payment.events.map((event) => ({ event, msn: payment.msn })))
    .filter(({ event }) => event.success && (event.name === "CAPTURED" || event.name === "REFUNDED"))
    .toSorted((one, other) => one.event.timestamp.localeCompare(other.event.timestamp));
  let balance = 0;
  return moves.map(({ event, msn }) => {
    const isCapture = event.name === "CAPTURED";
    const amount = isCapture ? event.amount.value : -event.amount.value;
    const balanceBefore = balance;
    balance += amount;
    return {
      pspReference: event.pspReference,
      time: event.timestamp,
      ledgerDate: ledgerDateOf(Date.parse(event.timestamp), currency),
      entryType: isCapture ? "capture" : "refund",
      reference: event.reference,
      currency: event.amount.currency,
      amount,
      balanceBefore,
      balanceAfter: balance,
      recipientHandle: `api:${msn}`,
    };
  });
}

/** The answer about one day. A day that is not over is not complete; one that has not begun is not there. */
export function ledgerDay(
  entries: readonly FundsEntry[],
  { date, today, from, count }: { date: string; today: string; from: number; count: number },
): Record<string, unknown> {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) refuseFields([{ name: "ledgerDate", reason: "YYYY-MM-DD." }]);
  if (date > today) throw new PlatformRefusal(404, "Not Found", []);
  const ofDay = entries.filter(({ ledgerDate }) => ledgerDate === date);
  const end = from + count;
  const hasMore = end < ofDay.length;
  return {
    ...(hasMore && { cursor: Buffer.from(JSON.stringify({ from: end })).toString("base64url") }),
    hasMore,
    tryLater: date === today,
    items: ofDay.slice(from, end),
  };
}

/** Where the page that a cursor names begins. A cursor that was never given out is refused. */
export function cursorStart(cursor: string | null): number {
  if (cursor === null) return 0;
  const found = /^\{"from":(\d{1,9})\}$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!found) refuseFields([{ name: "cursor", reason: "Not one of ours." }]);
  return Number(found[1]);
}
