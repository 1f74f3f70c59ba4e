import { isOpen } from "../../payments/payment/payment.ts";
import {
  isSettled,
  type Reconciled,
  type ReconciledRow,
  type Sums,
  type ReconcileVerdict,
} from "../../payments/reconcile/reconcile.ts";

interface Shown {
  readonly date: string;
  readonly tillId: string;
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

/** For people: what needs a look, then the sums. */
export function linesOf(found: Reconciled, { date, tillId, all }: Shown): string[] {
  const shown = found.rows.filter((row) => all || row.verdict !== "matched" || (row.payment && isOpen(row.payment)));
  return [
    `${date}, till ${tillId}`,
    ...shown.map(lineOf),
    `${found.rows.length} payments, ${count(found, "matched")} agree. ${misfits(found)}`,
    ...totals(found),
    `Open cases: ${found.open}${found.open > 0 ? ". They must be decided on the recovery list." : "."}`,
    reportWords[found.report],
    isSettled(found) ? "Settled." : "Not settled.",
  ];
}

function lineOf({ reference, verdict, payment, here, there, lapses }: ReconciledRow): string {
  const currency = payment?.order.amount.currency ?? "";
  const columns = [
    payment ? new Date(payment.startedAt).toISOString() : "-",
    reference,
    payment?.state ?? "-",
    `here ${sumsWords(here, currency)}`,
    `MobilePay ${sumsWords(there, currency)}`,
    verdictWords[verdict],
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
  return `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, "0")}`;
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
  ];
  return `${names.map(([verdict, words]) => `${words}: ${count(found, verdict)}`).join(" · ")}.`;
}

function totals({ rows }: Reconciled): string[] {
  const side = (name: "here" | "there", sum: keyof Sums) =>
    rows.reduce((total, row) => total + (row[name]?.[sum] ?? 0), 0);
  return [
    `Taken: ${money(side("here", "captured"))} here, ${money(side("there", "captured"))} at MobilePay.`,
    `Given back: ${money(side("here", "refunded"))} here, ${money(side("there", "refunded"))} at MobilePay.`,
  ];
}

/** For programs. Amounts in minor units. */
export function jsonOf(found: Reconciled, { date, tillId }: Shown): unknown {
  return {
    date,
    tillId,
    settled: isSettled(found),
    open: found.open,
    report: found.report,
    payments: found.rows.map(({ reference, verdict, payment, here, there, lapses }) => ({
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
      here,
      there,
      ...(lapses && { captureBefore: new Date(lapses.at).toISOString(), captureNear: lapses.near }),
    })),
  };
}
