import { type BookedDay, bookDay, type BookingNote, type Sums, sumsOf } from "./book-day.ts";
import { type Comparison, compare, wasRequested } from "./compare.ts";
import { nextDate, previousDate, type ShopDay, type ShopTime } from "./shop-day.ts";
import { captureBefore, isCaptureNear } from "../payment/capture-period.ts";
import { apply, fold } from "../payment/fold.ts";
import { isOpen, type Payment, type RecordedEvent, refundedSoFar } from "../payment/payment.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Ledger, LedgerDay, LedgerEntry, MoneyMove, OtherEntry } from "../ports/ledger.ts";

export type ReconcileVerdict =
  | Exclude<Comparison, "agrees">
  | "matched"
  | "onlyThere"
  | "notAnswered"
  /** MobilePay's closed report lacks what its payments say happened that day. */
  | "notBooked";

/** One payment's day, here and at MobilePay. `payment` is undefined when only MobilePay knows it. */
export interface ReconciledRow {
  readonly reference: string;
  readonly verdict: ReconcileVerdict;
  /** Its reference is this till's. Another till's sale that was refunded here is in that till's books. */
  readonly ours: boolean;
  readonly payment?: Payment;
  readonly here?: Sums;
  readonly there?: Sums;
  /** The payment's whole life, where that differs and the day does not. */
  readonly inAll?: { readonly here: Sums; readonly there: Sums };
  readonly notes: readonly BookingNote[];
  /** A reservation that waits for a decision lapses then (milliseconds since 1970), and whether that is near. */
  readonly lapses?: { readonly at: number; readonly near: boolean };
}

export interface Reconciled {
  readonly rows: readonly ReconciledRow[];
  /** Payments that are not over, of whatever day. */
  readonly open: number;
  readonly report: LedgerDay["kind"] | "incomplete";
  /** What else went through the sales unit's ledger that day. */
  readonly others: readonly OtherEntry[];
  /** Entries of the report that make no sense. */
  readonly unreadable: number;
  /** Payments whose rows in the journal make none. */
  readonly unreadableHere: number;
}

/** What the journal has of a payment, in order. */
export type PaymentPast = readonly RecordedEvent[];

export interface ReconcilePorts {
  readonly gateway: Pick<Gateway, "getPayment">;
  readonly ledger: Ledger;
  /** Payments with something that happened in this span by the till's clock, and those that are not over. */
  readonly payments: (from: number, to: number) => Promise<readonly PaymentPast[]>;
  /** A payment of another day, if there is one with this reference. */
  readonly find: (reference: string) => Promise<PaymentPast | undefined>;
  /** What this till's references begin with. */
  readonly prefix: string;
  readonly day: ShopDay;
  readonly time: ShopTime;
  readonly now: number;
}

const callsAtOnceMax = 4;
/** A person waits for the report; what is not known is reported as such. */
const triesMax = 3;
/** So far the till's clock may be wrong and its payments are still found. The report of the day names them too, where there is one. */
const clockOffMsMax = 2 * 3_600_000;
const clockOffWithoutReportMsMax = 26 * 3_600_000;

/** Lays a day of the journal beside MobilePay's payments, and beside its report of the day. Changes nothing. */
export async function reconcile(ports: ReconcilePorts): Promise<Reconciled> {
  const { ledger, day } = ports;
  const report = await ledger.day(day.date);
  const books = report.kind === "ok" ? await booksAround(report, ports) : undefined;
  const margin = books ? clockOffMsMax : clockOffWithoutReportMsMax;
  const found = await ports.payments(day.from - margin, day.to + margin);
  const pasts = found.filter(isReadable);
  const others = await othersIn(books, pasts, ports);
  const rows = await inTurns([...pasts, ...others.known], (past) => rowOf(past, books, ports));
  return {
    rows: [...rows.filter((row) => row !== undefined), ...others.unknown],
    open: pasts.map(fold).filter(isOpen).length,
    report: report.kind === "ok" && !report.complete ? "incomplete" : report.kind,
    others: report.kind === "ok" ? report.others : [],
    unreadable: report.kind === "ok" ? report.unreadable : 0,
    unreadableHere: found.length - pasts.length,
  };
}

/** Whether everything agrees and nothing is left to do. */
export function isSettled({ rows, open, unreadable, unreadableHere }: Reconciled): boolean {
  return open === 0 && unreadable + unreadableHere === 0 && rows.every(({ verdict }) => verdict === "matched");
}

/** One payment whose rows are damaged does not keep the day's others from being compared. */
function isReadable(past: PaymentPast): boolean {
  try {
    return fold(past).order.reference.length > 0;
  } catch {
    return false;
  }
}

interface Books {
  readonly complete: boolean;
  /** Of the day and the days beside it: what happens at a day's edge may be booked on the other. By reference. */
  readonly entries: ReadonlyMap<string, readonly LedgerEntry[]>;
}

async function booksAround(report: LedgerDay & { kind: "ok" }, { ledger, day }: ReconcilePorts): Promise<Books> {
  const beside = [await ledger.day(previousDate(day.date)), await ledger.day(nextDate(day.date))];
  const all = [report, ...beside].flatMap((one) => (one.kind === "ok" ? one.entries : []));
  return { complete: report.complete, entries: Map.groupBy(all, ({ reference }) => reference) };
}

/** Payments that the report of the day names, and that did not happen here that day: of another day, or not in the journal at all. */
async function othersIn(books: Books | undefined, pasts: readonly PaymentPast[], ports: ReconcilePorts) {
  const { find, prefix, day } = ports;
  const here = new Set(pasts.map((past) => fold(past).order.reference));
  const named = [...(books?.entries ?? [])].filter(
    ([reference, entries]) =>
      reference.startsWith(prefix) && !here.has(reference) && entries.some(({ date }) => date === day.date),
  );
  const known: PaymentPast[] = [];
  const unknown: ReconciledRow[] = [];
  for (const [reference, entries] of named) {
    const past = await find(reference);
    if (past && isReadable(past)) known.push(past);
    else unknown.push(onlyThere(reference, entries, ports));
  }
  return { known, unknown };
}

function onlyThere(reference: string, booked: readonly LedgerEntry[], { day, time }: ReconcilePorts): ReconciledRow {
  const { there, notes } = bookDay([], undefined, { date: day.date, time, booked, complete: true });
  return { reference, verdict: "onlyThere", ours: true, there, notes };
}

/** Undefined when nothing of it belongs to the day and it is over. */
async function rowOf(
  past: PaymentPast,
  books: Books | undefined,
  ports: ReconcilePorts,
): Promise<ReconciledRow | undefined> {
  const payment = fold(past);
  const { reference } = payment.order;
  const journaled = movesOf(past);
  const log = wasRequested(payment) ? await movesThere(reference, ports.ledger) : [];
  const { date } = ports.day;
  const booked = books && { booked: books.entries.get(reference) ?? [] };
  const day = bookDay(journaled, log, { date, time: ports.time, complete: books?.complete ?? false, ...booked });
  if (!isOpen(payment) && !isOfDay(past, [...journaled, ...(log ?? [])], day, ports)) return undefined;
  const row = { reference, payment, ours: reference.startsWith(ports.prefix), ...lapsing(payment, ports.now) };
  const { here, there, notes } = day;
  if (!wasRequested(payment)) return { ...row, here, notes, verdict: "matched" };
  const seen = await getPayment(reference, ports);
  if (seen === undefined || log === undefined) return { ...row, here, notes, verdict: "notAnswered" };
  const verdict = verdictOf(compare(payment, seen), day);
  const inAll = verdict === "different" &&
    same(here, there) && { inAll: { here: sumsOf(journaled), there: sumsOf(log) } };
  return { ...row, here, notes, verdict, ...(!("kind" in seen) && { there, ...inAll }) };
}

/** Money of that day, or a payment without any that was worked on then. */
function isOfDay(
  past: PaymentPast,
  moves: readonly MoneyMove[],
  { here, there, notes }: BookedDay,
  { day }: ReconcilePorts,
): boolean {
  if (notes.length > 0 || [here, there].some((sums) => sums.captured !== 0 || sums.refunded !== 0)) return true;
  return moves.length === 0 && past.some(({ at }) => at >= day.from && at < day.to);
}

function verdictOf(comparison: Comparison, { here, there, lacking }: BookedDay): ReconcileVerdict {
  if (comparison !== "agrees") return comparison;
  if (lacking) return "notBooked";
  return same(here, there) ? "matched" : "different";
}

function same(one: Sums, other: Sums): boolean {
  return one.captured === other.captured && one.refunded === other.refunded;
}

/** What the payment took and gave back as the journal has it, by the till's clock. */
function movesOf([first, ...rest]: PaymentPast): readonly MoneyMove[] {
  const moves: MoneyMove[] = [];
  if (first === undefined) return moves;
  let payment = fold([first]);
  for (const event of rest) {
    const next = apply(payment, event);
    const captured = next.captured - payment.captured;
    const refunded = refundedSoFar(next) - refundedSoFar(payment);
    if (captured !== 0) moves.push({ moved: "captured", amount: captured, at: event.at });
    if (refunded !== 0) moves.push({ moved: "refunded", amount: refunded, at: event.at });
    payment = next;
  }
  return moves;
}

async function movesThere(reference: string, ledger: Ledger): Promise<readonly MoneyMove[] | undefined> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const answer = await ledger.moves(reference);
    if (answer.kind === "ok") return answer.moves;
    if (answer.kind === "notFound") return [];
  }
  return undefined;
}

async function getPayment(reference: string, { gateway }: ReconcilePorts) {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const seen = await gateway.getPayment(reference);
    if (seen.kind === "ok") return seen.value;
    if (seen.kind === "notFound") return seen;
  }
  return undefined;
}

function lapsing(payment: Payment, now: number): Pick<ReconciledRow, "lapses"> {
  const at = isOpen(payment) ? captureBefore(payment) : undefined;
  return at === undefined ? {} : { lapses: { at, near: isCaptureNear(at, now) } };
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
