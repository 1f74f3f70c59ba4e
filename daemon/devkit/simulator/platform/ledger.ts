import type { SimulatorClock } from "../clock.ts";
import type { SalesUnit, WalletCurrency } from "../sales-unit.ts";
import { PlatformRefusal, refuseFields } from "./errors.ts";
import type { SimulatedPayment } from "./payment.ts";

/** One entry of the funds ledger. Amounts in minor units, signed: what lowers the balance is negative. */
export interface FundsEntry {
  readonly pspReference: string;
  readonly time: string;
  readonly ledgerDate: string;
  readonly entryType: string;
  readonly reference: string;
  readonly currency: string;
  readonly amount: number;
  readonly balanceBefore: number;
  readonly balanceAfter: number;
  readonly recipientHandle: string;
}

/** An entry that is not a payment's own; `amount` signed. */
export interface Booking {
  readonly entryType: string;
  readonly amount: number;
  readonly reference?: string;
}

type Entry = Omit<FundsEntry, "ledgerDate" | "balanceBefore" | "balanceAfter"> & { readonly bookedAtMs: number };

/** A ledger date lasts for a day where the merchant is, from the hour that the platform has set for the sales unit. */
const timeZones: Readonly<Record<WalletCurrency, string>> = {
  DKK: "Europe/Copenhagen",
  EUR: "Europe/Helsinki",
  NOK: "Europe/Oslo",
};

const dayMs = 86_400_000;

interface DayQuery {
  readonly date: string;
  readonly topic: "funds" | "fees";
  /** A page: the first entry, and how many. */
  readonly from: number;
  readonly count: number;
}

interface LedgerPorts {
  readonly unit: SalesUnit;
  readonly clock: SimulatorClock;
  readonly uuid: () => string;
  readonly payments: () => readonly SimulatedPayment[];
}

/** The funds ledger of the sales unit: what went through it, in the order in which it was booked. */
export class SimulatedLedger {
  readonly #ports: LedgerPorts;
  readonly #booked: Entry[] = [];
  readonly #withheld = new Set<string>();
  /** How long after it happened a capture or refund is booked: what comes after the cut-off goes onto the next date. */
  lateByMs = 0;

  constructor(ports: LedgerPorts) {
    this.#ports = ports;
  }

  /** Fees, payouts, disputes and whatever else is no capture or refund. */
  book({ entryType, amount, reference = "" }: Booking): void {
    const { unit, clock, uuid } = this.#ports;
    const nowMs = clock.now();
    this.#booked.push({
      pspReference: uuid(),
      time: new Date(nowMs).toISOString(),
      entryType,
      reference,
      currency: unit.currency,
      amount,
      recipientHandle: `api:${unit.credentials.merchantSerialNumber}`,
      bookedAtMs: nowMs,
    });
  }

  /** The platform's mistake: nothing of this payment is booked. */
  withhold(reference: string): void {
    this.#withheld.add(reference);
  }

  /** All that is booked by now, oldest first. */
  entries(): FundsEntry[] {
    const nowMs = this.#ports.clock.now();
    const all = [...this.#ports.payments().flatMap((payment) => this.#movesOf(payment)), ...this.#booked]
      .filter(({ bookedAtMs }) => bookedAtMs <= nowMs)
      .toSorted((one, other) => one.bookedAtMs - other.bookedAtMs);
    let balance = 0;
    return all.map(({ bookedAtMs, ...entry }) => {
      const balanceBefore = balance;
      balance += entry.amount;
      return { ...entry, ledgerDate: this.dateOf(bookedAtMs), balanceBefore, balanceAfter: balance };
    });
  }

  #movesOf({ msn, reference, events }: SimulatedPayment): Entry[] {
    if (this.#withheld.has(reference)) return [];
    return events
      .filter(({ success, name }) => success && (name === "CAPTURED" || name === "REFUNDED"))
      .map(({ name, amount, pspReference, timestamp }) => ({
        pspReference,
        time: timestamp,
        entryType: name === "CAPTURED" ? "capture" : "refund",
        reference,
        currency: amount.currency,
        amount: name === "CAPTURED" ? amount.value : -amount.value,
        recipientHandle: `api:${msn}`,
        bookedAtMs: Date.parse(timestamp) + this.lateByMs,
      }));
  }

  /** The date under which something of this moment is booked. */
  dateOf(ms: number): string {
    const { currency, ledgerStartsAtHour } = this.#ports.unit;
    // Sweden writes dates as ISO does.
    const [date = "", time = ""] = new Date(ms).toLocaleString("sv-SE", { timeZone: timeZones[currency] }).split(" ");
    return Number(time.slice(0, 2)) >= ledgerStartsAtHour
      ? date
      : new Date(Date.parse(date) - dayMs).toISOString().slice(0, 10);
  }

  /** The answer about one day. A day that is not over is not complete; one that has not begun is not there. */
  day({ date, topic, from, count }: DayQuery): Record<string, unknown> {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) refuseFields([{ name: "ledgerDate", reason: "YYYY-MM-DD." }]);
    const today = this.dateOf(this.#ports.clock.now());
    if (date > today) throw new PlatformRefusal(404, "Not Found", []);
    const ofDay = topic === "fees" ? [] : this.entries().filter(({ ledgerDate }) => ledgerDate === date);
    const end = from + count;
    const hasMore = end < ofDay.length;
    return {
      ...(hasMore && { cursor: Buffer.from(JSON.stringify({ from: end })).toString("base64url") }),
      hasMore,
      tryLater: date === today,
      items: ofDay.slice(from, end),
    };
  }
}

/** Where the page that a cursor names begins. A cursor that was never given out is refused. */
export function cursorStart(cursor: string | null): number {
  if (cursor === null) return 0;
  const found = /^\{"from":(\d{1,9})\}$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!found) refuseFields([{ name: "cursor", reason: "Not one of ours." }]);
  return Number(found[1]);
}
