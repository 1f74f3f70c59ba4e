import type { LedgerEntry, MoneyMove } from "../ports/ledger.ts";
import { type ShopTime, shopDateAt } from "./shop-day.ts";

/** Minor units. */
export interface Sums {
  readonly captured: number;
  readonly refunded: number;
}

/** A capture or refund that MobilePay books under another date than its time says, or has not booked yet. */
export interface BookingNote extends MoneyMove {
  /** Undefined: in none of its reports so far. */
  readonly bookedOn?: string;
}

/** What of one payment belongs to a day, here and at MobilePay. */
export interface BookedDay {
  readonly here: Sums;
  readonly there: Sums;
  readonly notes: readonly BookingNote[];
  /** MobilePay's report of the day is closed and lacks something of the day. */
  readonly lacking: boolean;
}

export interface BookDayPorts {
  readonly date: string;
  readonly time: ShopTime;
  /** What MobilePay's reports of the day and its neighbours hold of the payment; undefined without a report of the day. */
  readonly booked?: readonly LedgerEntry[];
  /** The report of the day is closed. */
  readonly complete: boolean;
}

/** A movement as MobilePay has it, the entry that books it, and how much of it is in our journal. */
interface Known {
  readonly move: MoneyMove;
  readonly entry?: LedgerEntry;
  readonly here: number;
}

/**
 * What a payment took and gave back on a day. The time of each movement is MobilePay's: the till's clock may be wrong. Where
 * MobilePay's report has it, it belongs to the day under which it is booked there. `journaled`: the same as our journal has it, by the
 * till's clock. `log`: MobilePay's log of the payment; undefined when it did not answer.
 */
export function bookDay(
  journaled: readonly MoneyMove[],
  log: readonly MoneyMove[] | undefined,
  ports: BookDayPorts,
): BookedDay {
  const { date, time, booked, complete } = ports;
  const moves = log ?? booked ?? [];
  const known = withEntries(withJournal(moves, journaled), booked ?? []);
  const ofDay = known.filter(({ move, entry }) => (entry?.date ?? shopDateAt(move.at, time)) === date);
  const missing = booked === undefined ? [] : ofDay.filter(({ entry }) => entry === undefined);
  const there = booked === undefined ? ofDay.map(({ move }) => move) : booked.filter((entry) => entry.date === date);
  const surplus = onlyJournaled(moves, journaled).filter(({ at }) => shopDateAt(at, time) === date);
  return {
    here: sumsOf([...ofDay.map(({ move, here }) => ({ ...move, amount: here })), ...surplus]),
    there: sumsOf([...there, ...(complete ? [] : missing.map(({ move }) => move))]),
    notes: notesOf(known, missing, ports),
    lacking: complete && missing.length > 0,
  };
}

/** What stands in another day's report than its time says, seen from either of the two, and what stands in none. */
function notesOf(
  known: readonly Known[],
  missing: readonly Known[],
  { date, time }: BookDayPorts,
): readonly BookingNote[] {
  const elsewhere = known.flatMap(({ move, entry }) => {
    const byTime = shopDateAt(move.at, time);
    if (entry === undefined || entry.date === byTime || ![entry.date, byTime].includes(date)) return [];
    return [{ ...move, bookedOn: entry.date }];
  });
  return [...elsewhere, ...missing.map(({ move }) => move)];
}

/** How much of each movement at MobilePay our journal has. A sum that it learnt as one may be several there. */
function withJournal(moves: readonly MoneyMove[], journaled: readonly MoneyMove[]): readonly Known[] {
  const left = [...journaled];
  const matched = moves.map((move) => ({ move, here: takeNearest(left, move) === undefined ? 0 : move.amount }));
  const rest = { captured: 0, refunded: 0 };
  for (const { moved, amount } of left) rest[moved] += amount;
  return matched.map(({ move, here }) => {
    const more = Math.min(Math.max(0, rest[move.moved]), move.amount - here);
    rest[move.moved] -= more;
    return { move, here: here + more };
  });
}

/** Money that the journal has and MobilePay has not, as the last movements that it could be. */
function onlyJournaled(moves: readonly MoneyMove[], journaled: readonly MoneyMove[]): readonly MoneyMove[] {
  const all = sumsOf(moves);
  const over = {
    captured: sumsOf(journaled).captured - all.captured,
    refunded: sumsOf(journaled).refunded - all.refunded,
  };
  return journaled.toReversed().flatMap((move) => {
    const amount = Math.min(over[move.moved], move.amount);
    if (amount <= 0) return [];
    over[move.moved] -= amount;
    return [{ ...move, amount }];
  });
}

/** By MobilePay's own name of the movement where both have it; else the same amount, nearest in time. */
function withEntries(known: readonly Known[], booked: readonly LedgerEntry[]): readonly Known[] {
  const left = [...booked];
  const named = known.map((one) => ({ ...one, entry: takeNamed(left, one.move) }));
  return named.map(({ entry, ...one }) => {
    const found = entry ?? takeNearest(left, one.move);
    return found ? { ...one, entry: found } : one;
  });
}

function takeNamed(left: LedgerEntry[], { movementId }: MoneyMove): LedgerEntry | undefined {
  const index = movementId === undefined ? -1 : left.findIndex((entry) => entry.movementId === movementId);
  return index < 0 ? undefined : left.splice(index, 1)[0];
}

function takeNearest<Move extends MoneyMove>(left: Move[], { moved, amount, at }: MoneyMove): Move | undefined {
  const alike = left.filter((one) => one.moved === moved && one.amount === amount);
  const [nearest] = alike.toSorted((one, other) => Math.abs(one.at - at) - Math.abs(other.at - at));
  if (nearest !== undefined) left.splice(left.indexOf(nearest), 1);
  return nearest;
}

export function sumsOf(moves: readonly MoneyMove[]): Sums {
  const sums = { captured: 0, refunded: 0 };
  for (const { moved, amount } of moves) sums[moved] += amount;
  return sums;
}
