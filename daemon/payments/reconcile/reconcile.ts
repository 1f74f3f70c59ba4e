import { type Comparison, compare, wasRequested } from "./compare.ts";
import { captureBefore, isCaptureNear } from "../payment/capture-period.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Ledger, LedgerDay, LedgerEntry } from "../ports/ledger.ts";
import { isOpen, type Payment, refundedSoFar } from "../payment/payment.ts";

/** Minor units. */
export interface Sums {
  readonly captured: number;
  readonly refunded: number;
}

export type ReconcileVerdict = Exclude<Comparison, "agrees"> | "matched" | "onlyThere" | "notAnswered";

/** One payment, as it stands here and at MobilePay. `payment` is undefined when only MobilePay knows it. */
export interface ReconciledRow {
  readonly reference: string;
  readonly verdict: ReconcileVerdict;
  readonly payment?: Payment;
  readonly here?: Sums;
  readonly there?: Sums;
  /** A reservation that waits for a decision lapses then (milliseconds since 1970), and whether that is near. */
  readonly lapses?: { readonly at: number; readonly near: boolean };
}

export interface Reconciled {
  readonly rows: readonly ReconciledRow[];
  /** Payments that are not over, of whatever day. */
  readonly open: number;
  readonly report: LedgerDay["kind"] | "incomplete";
}

export interface ReconcilePorts {
  readonly gateway: Pick<Gateway, "getPayment">;
  readonly ledger: Ledger;
  /** Payments with something that happened on the day, and those that are not over. */
  readonly payments: readonly Payment[];
  /** What this till's references begin with. */
  readonly prefix: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly now: number;
  /** A payment of another day, if there is one with this reference. */
  readonly find: (reference: string) => Promise<Payment | undefined>;
}

const callsAtOnceMax = 4;
/** A person waits for the report; what is not known is reported as such. */
const triesMax = 3;

/** Lays the journal beside what MobilePay says of each payment, and beside its report of the day. Changes nothing. */
export async function reconcile(ports: ReconcilePorts): Promise<Reconciled> {
  const { payments, ledger, date } = ports;
  const report = await ledger.day(date);
  const here = await inTurns(payments, (payment) => rowOf(payment, ports));
  const rows = report.kind === "ok" ? await withLedger(here, report.entries, ports) : here;
  const open = payments.filter(isOpen).length;
  return { rows, open, report: report.kind === "ok" && !report.complete ? "incomplete" : report.kind };
}

/** Whether everything agrees and nothing is left to do. */
export function isSettled({ rows, open }: Reconciled): boolean {
  return open === 0 && rows.every(({ verdict }) => verdict === "matched");
}

async function rowOf(payment: Payment, ports: ReconcilePorts): Promise<ReconciledRow> {
  const { reference } = payment.order;
  const row = { reference, payment, here: sumsOf(payment), ...lapsing(payment, ports.now) };
  if (!wasRequested(payment)) return { ...row, verdict: "matched" };
  const seen = await getPayment(reference, ports);
  if (seen === undefined) return { ...row, verdict: "notAnswered" };
  const comparison = compare(payment, seen);
  const there = "kind" in seen ? undefined : { captured: seen.captured, refunded: seen.refunded };
  return { ...row, verdict: comparison === "agrees" ? "matched" : comparison, ...(there && { there }) };
}

async function getPayment(reference: string, { gateway }: ReconcilePorts) {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const seen = await gateway.getPayment(reference);
    if (seen.kind === "ok") return seen.value;
    if (seen.kind === "notFound") return seen;
  }
  return undefined;
}

function sumsOf(payment: Payment): Sums {
  return { captured: payment.captured, refunded: refundedSoFar(payment) };
}

function lapsing(payment: Payment, now: number): Pick<ReconciledRow, "lapses"> {
  const at = isOpen(payment) ? captureBefore(payment) : undefined;
  return at === undefined ? {} : { lapses: { at, near: isCaptureNear(at, now) } };
}

/** What MobilePay's books show for this till and the journal does not, or shows less of. */
async function withLedger(
  rows: readonly ReconciledRow[],
  entries: readonly LedgerEntry[],
  { prefix, find }: ReconcilePorts,
): Promise<readonly ReconciledRow[]> {
  const booked = new Map<string, Sums>();
  for (const entry of entries.filter(({ reference }) => reference.startsWith(prefix))) {
    booked.set(entry.reference, plus(booked.get(entry.reference), entry));
  }
  const checked = rows.map((row) => besideLedger(row, booked.get(row.reference)));
  const known = new Set(rows.map(({ reference }) => reference));
  const others = [...booked].filter(([reference]) => !known.has(reference));
  return [...checked, ...(await inTurns(others, ([reference, sums]) => otherDay(reference, sums, find)))];
}

function plus(sums: Sums = { captured: 0, refunded: 0 }, { moved, amount }: LedgerEntry): Sums {
  return { ...sums, [moved]: sums[moved] + amount.value };
}

function besideLedger(row: ReconciledRow, booked: Sums | undefined): ReconciledRow {
  const { here } = row;
  if (!booked || !here || row.verdict !== "matched") return row;
  const more = booked.captured > here.captured || booked.refunded > here.refunded;
  return more ? { ...row, verdict: "different", there: booked } : row;
}

async function otherDay(reference: string, booked: Sums, find: ReconcilePorts["find"]): Promise<ReconciledRow> {
  const payment = await find(reference);
  if (payment === undefined) return { reference, verdict: "onlyThere", there: booked };
  return besideLedger({ reference, payment, here: sumsOf(payment), there: booked, verdict: "matched" }, booked);
}

/** Some at once, in order. */
async function inTurns<Item, Value>(
  items: readonly Item[],
  work: (item: Item) => Promise<Value>,
): Promise<readonly Value[]> {
  const values: Value[] = [];
  for (let from = 0; from < items.length; from += callsAtOnceMax)
    values.push(...(await Promise.all(items.slice(from, from + callsAtOnceMax).map(work))));
  return values;
}
