import { isOpen } from "../../payments/payment/payment.ts";
import {
  isSettled,
  type Reconciled,
  type ReconciledRow,
  type ReconcileVerdict,
} from "../../payments/reconcile/reconcile.ts";
import type { BookingNote, Sums } from "../../payments/reconcile/book-day.ts";
import { wallClock } from "../../payments/reconcile/shop-day.ts";

interface Shown {
  readonly date: string;
  readonly tillId: string;
  /** The shop's. */
  readonly timeZone: string;
  /** Also those that agree. */
  readonly all: boolean;
}

const verdictWords: Readonly<Record<ReconcileVerdict, string>> = {
  matched: "agrees",
  onlyHere: "only here: MobilePay does not know it",
  onlyThere: "only at MobilePay: the journal does not know it",
  different: "different amounts",
  reservationLeft: "over here, and still reserved at MobilePay",
  requestLeft: "over here, and still on the customer's phone",
  notAnswered: "MobilePay did not answer",
  notBooked: "MobilePay's report lacks it",
};

const reportWords: Readonly<Record<Reconciled["report"], string>> = {
  ok: "MobilePay's report of the day was compared too.",
  incomplete:
    "MobilePay's report of the day was compared too; the day is not closed there yet, so run this again tomorrow.",
  notAllowed:
    "These keys may not read MobilePay's reports: what only MobilePay knows cannot be seen here, but in its business portal.",
  notYet: "MobilePay has no report of this day yet: what only MobilePay knows cannot be seen yet.",
  unknown: "MobilePay's report could not be read: what only MobilePay knows was not compared.",
};

/** MobilePay's words for what is no sale and no refund, in ours. One that is not here is shown as it is. */
const otherWords: Readonly<Record<string, string>> = {
  "fees-retained": "fees kept back",
  "fees-invoiced": "fees invoiced",
  "capture-fee": "fee",
  "payout-scheduled": "payout to the shop's account",
  "scheduled-for-payout": "payout to the shop's account",
  "payout-aborted": "payout that did not go through, back in the ledger",
  "retained-disputed-capture": "held back: a customer's bank disputes it",
  "returned-disputed-capture": "given back to the shop: the dispute is over",
  correction: "corrected by MobilePay",
  "top-up": "paid in by the shop",
  "credit-note": "credited by MobilePay",
};

/** For people: what needs a look, then the sums. */
export function linesOf(found: Reconciled, { date, tillId, timeZone, all }: Shown): string[] {
  const shown = found.rows.filter((row) => all || row.verdict !== "matched" || (row.payment && isOpen(row.payment)));
  return [
    `${date}, till ${tillId}`,
    ...shown.map(lineOf),
    `${found.rows.length} payments, ${count(found, "matched")} agree. ${misfits(found)}`,
    ...totals(found),
    ...found.rows.flatMap(({ reference, notes }) => notes.map((note) => noteWords(reference, note, timeZone))),
    ...othersWords(found),
    `Open cases: ${found.open}${found.open > 0 ? ". They must be decided on the recovery list." : "."}`,
    reportWords[found.report],
    isSettled(found) ? "Settled." : "Not settled.",
  ];
}

/** What is booked on another day explains itself here, and does not count as a difference. */
function noteWords(reference: string, { moved, amount, at, bookedOn }: BookingNote, timeZone: string): string {
  const what = `${reference}: ${money(amount)} ${moved === "captured" ? "taken" : "given back"}`;
  const when = `at ${wallClock(at, timeZone).slice(0, 16)}`;
  return `${what} ${when}, ${bookedOn === undefined ? "not booked there yet" : `booked by MobilePay on ${bookedOn}`}.`;
}

function othersWords({ others, unreadable, unreadableHere }: Reconciled): string[] {
  const lines = others.map(otherLine);
  const title = "Also in the sales unit's ledger at MobilePay that day, not in the sums above:";
  const doubt = `Entries of the report that make no sense: ${unreadable}. Look into MobilePay's business portal.`;
  const damage = `Payments that cannot be read in the journal: ${unreadableHere}. "tillbridge journal verify" names their rows.`;
  return [
    ...(lines.length > 0 ? [title, ...lines] : []),
    ...(unreadable > 0 ? [doubt] : []),
    ...(unreadableHere > 0 ? [damage] : []),
  ];
}

function otherLine({ entryType, amount, reference }: Reconciled["others"][number]): string {
  return [money(amount), otherWords[entryType] ?? entryType, ...(reference === undefined ? [] : [reference])].join(
    "\t",
  );
}

function lineOf({ reference, verdict, payment, here, there, inAll, lapses }: ReconciledRow): string {
  const currency = payment?.order.amount.currency ?? "";
  const columns = [
    payment ? new Date(payment.startedAt).toISOString() : "-",
    reference,
    payment?.state ?? "-",
    `here ${sumsWords(here, currency)}`,
    `MobilePay ${sumsWords(there, currency)}`,
    verdictWords[verdict],
    ...(inAll ? [`on another day: in all ${sumsWords(inAll.here, "")} here, ${sumsWords(inAll.there, "")} there`] : []),
    ...(lapses ? [`reserved until ${new Date(lapses.at).toISOString()}${lapses.near ? ": DECIDE NOW" : ""}`] : []),
  ];
  return columns.join("\t");
}

function sumsWords(sums: Sums | undefined, currency: string): string {
  if (!sums) return "-";
  const refunded = sums.refunded > 0 ? ` -${money(sums.refunded)}` : "";
  return `${money(sums.captured)}${refunded}${currency && ` ${currency}`}`;
}

/** Minor units as people write them. All currencies here have hundredths. */
function money(minor: number): string {
  const whole = Math.abs(minor);
  return `${minor < 0 ? "-" : ""}${Math.trunc(whole / 100)}.${String(whole % 100).padStart(2, "0")}`;
}

function count({ rows }: Reconciled, wanted: ReconcileVerdict): number {
  return rows.filter(({ verdict }) => verdict === wanted).length;
}

function misfits(found: Reconciled): string {
  const names: readonly [ReconcileVerdict, string][] = [
    ["onlyHere", "only here"],
    ["onlyThere", "only at MobilePay"],
    ["different", "different amounts"],
    ["reservationLeft", "still reserved"],
    ["requestLeft", "still asked for"],
    ["notAnswered", "not answered"],
    ["notBooked", "not in MobilePay's report"],
  ];
  return `${names.map(([verdict, words]) => `${words}: ${count(found, verdict)}`).join(" · ")}.`;
}

/** A sale counts at the till that made it, wherever it is refunded: so the tills' sums together are the sales unit's. */
function totals({ rows }: Reconciled): string[] {
  const ours = rows.filter((row) => row.ours);
  const elsewhere = sum(
    rows.filter((row) => !row.ours),
    "here",
    "refunded",
  );
  return [
    `Taken: ${money(sum(ours, "here", "captured"))} here, ${money(sum(ours, "there", "captured"))} at MobilePay.`,
    `Given back: ${money(sum(ours, "here", "refunded"))} here, ${money(sum(ours, "there", "refunded"))} at MobilePay.`,
    ...(elsewhere > 0 ? [`Given back for other tills' sales, in their books: ${money(elsewhere)}.`] : []),
  ];
}

function sum(rows: readonly ReconciledRow[], side: "here" | "there", what: keyof Sums): number {
  return rows.reduce((total, row) => total + (row[side]?.[what] ?? 0), 0);
}

/** For programs. Amounts in minor units. */
export function jsonOf(found: Reconciled, { date, tillId, timeZone }: Shown): unknown {
  return {
    date,
    tillId,
    settled: isSettled(found),
    open: found.open,
    report: found.report,
    timeZone,
    others: found.others,
    unreadable: found.unreadable,
    unreadableHere: found.unreadableHere,
    payments: found.rows.map(({ reference, verdict, ours, payment, here, there, inAll, notes, lapses }) => ({
      reference,
      verdict,
      ...(payment && {
        paymentId: payment.order.paymentId,
        saleId: payment.saleId,
        state: payment.state,
        open: isOpen(payment),
        amount: payment.order.amount,
        ...(payment.receiptNumber !== undefined && { receiptNumber: payment.receiptNumber }),
      }),
      ...(!ours && { otherTill: true }),
      here,
      there,
      ...(inAll && { inAll }),
      ...(notes.length > 0 && { notes: notes.map(({ at, ...note }) => ({ ...note, at: new Date(at).toISOString() })) }),
      ...(lapses && { captureBefore: new Date(lapses.at).toISOString(), captureNear: lapses.near }),
    })),
  };
}
