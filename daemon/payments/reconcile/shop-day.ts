import type { Currency } from "../../protocol/values.ts";

/** Where the sales unit is, and the hour at which MobilePay begins a new date in its ledger: midnight, unless it was asked for another. */
export interface ShopTime {
  readonly timeZone: string;
  readonly startsAtHour: number;
}

/** `from` and `to` in milliseconds since 1970; `to` is the first moment of the next day. */
export interface ShopDay {
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

const dayMs = 86_400_000;

/** The ledger goes by the merchant's own time zone, whatever the till's computer is set to; a market has one. */
const timeZones: Readonly<Record<Currency, string>> = {
  DKK: "Europe/Copenhagen",
  EUR: "Europe/Helsinki",
  NOK: "Europe/Oslo",
  SEK: "Europe/Stockholm",
};

export function shopTimeOf(currency: Currency, startsAtHour: number): ShopTime {
  return { timeZone: timeZones[currency], startsAtHour };
}

/** Undefined when there is no such date. `date`: YYYY-MM-DD. */
export function shopDayOf(date: string, time: ShopTime): ShopDay | undefined {
  const noon = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T12:00Z`) : Number.NaN;
  if (Number.isNaN(noon) || dateAt(noon) !== date) return undefined;
  return { date, from: startOf(date, time), to: startOf(nextDate(date), time) };
}

/** The date in the ledger to which a moment belongs. */
export function shopDateAt(ms: number, time: ShopTime): string {
  const date = wallClock(ms, time.timeZone).slice(0, 10);
  return ms >= startOf(date, time) ? date : previousDate(date);
}

export function nextDate(date: string): string {
  return dateAt(Date.parse(date) + dayMs);
}

export function previousDate(date: string): string {
  return dateAt(Date.parse(date) - dayMs);
}

/** As a clock in the shop shows it: `2026-11-23 04:00:00`. */
export function wallClock(ms: number, timeZone: string): string {
  // Sweden writes times as ISO does.
  return new Date(ms).toLocaleString("sv-SE", { timeZone });
}

/** The moment at which a clock in the shop shows the hour. One that is left out in spring begins where the clock goes on. */
function startOf(date: string, { timeZone, startsAtHour }: ShopTime): number {
  const shown = `${date} ${String(startsAtHour).padStart(2, "0")}:00:00`;
  const asIfUtc = Date.parse(`${shown.replace(" ", "T")}Z`);
  const [before, after] = [asIfUtc - dayMs, asIfUtc + dayMs].map((ms) => asIfUtc - offsetAt(ms, timeZone));
  if (before === undefined || after === undefined) return asIfUtc;
  return wallClock(before, timeZone) !== shown && wallClock(after, timeZone) === shown ? after : before;
}

/** What a clock in the shop is ahead of UTC by. */
function offsetAt(ms: number, timeZone: string): number {
  return Date.parse(`${wallClock(ms, timeZone).replace(" ", "T")}Z`) - ms;
}

function dateAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
