import type * as z from "zod";
import type { Ledger, LedgerDay, LedgerEntry, MovesAnswer, OtherEntry } from "../payments/ports/ledger.ts";
import { parseJson } from "./answers.ts";
import type { MobilePayCall } from "./exchange.ts";
import type { MobilePayApi, MobilePayReply } from "./platform.ts";
import { refusalOf } from "./refusals.ts";
import { ledgerEntry, ledgerList, ledgerPage, paymentMoves } from "./wire.ts";

/** More than a day of any sales unit fills; without a bound a wrong cursor would never end. */
const pagesMax = 200;

type Nothing = Exclude<LedgerDay, { readonly kind: "ok" }>;

/** MobilePay's settlement and report APIs, as far as the books of a day need them, and the payments' event logs. */
export function createLedger(platform: MobilePayApi, deadlineMs: number): Ledger {
  const ask = (operation: string, path: string): Promise<MobilePayReply> =>
    platform.call({ operation, method: "GET", path, deadlineMs } satisfies MobilePayCall);
  return {
    async day(date) {
      const ledger = await findLedger(platform, ask);
      return typeof ledger === "string" ? readDay(platform, ask, ledger, date) : ledger;
    },
    moves: (reference) => readMoves(ask, reference),
  };
}

type Ask = (operation: string, path: string) => Promise<MobilePayReply>;

async function findLedger({ merchantSerialNumber }: MobilePayApi, ask: Ask): Promise<string | Nothing> {
  const handle = `api:${merchantSerialNumber}`;
  const query = `settlesForRecipientHandles=${encodeURIComponent(handle)}`;
  const reply = await ask("ledgers", `/settlement/v1/ledgers?${query}`);
  if (reply.kind !== "success") return nothingIn(reply);
  const found = ledgerList.safeParse(parseJson(reply.text));
  if (!found.success) return { kind: "unknown" };
  const ledger = found.data.items.find(({ settlesForRecipientHandles }) => settlesForRecipientHandles.includes(handle));
  return ledger?.ledgerId ?? { kind: "notAllowed" };
}

async function readDay(platform: MobilePayApi, ask: Ask, ledgerId: string, date: string): Promise<LedgerDay> {
  const path = `/report/v2/ledgers/${encodeURIComponent(ledgerId)}/funds/dates/${encodeURIComponent(date)}`;
  const items: unknown[] = [];
  let cursor: string | undefined;
  for (let page = 1; page <= pagesMax; page += 1) {
    const reply = await ask("report", cursor === undefined ? path : `${path}?cursor=${encodeURIComponent(cursor)}`);
    if (reply.kind !== "success") return nothingIn(reply);
    const read = ledgerPage.safeParse(parseJson(reply.text));
    if (!read.success) return { kind: "unknown" };
    items.push(...read.data.items);
    if (read.data.hasMore !== true) return dayOf(items, read.data.tryLater !== true, platform.merchantSerialNumber);
    cursor = read.data.cursor;
    if (cursor === undefined) return { kind: "unknown" };
  }
  return { kind: "unknown" };
}

type WireEntry = z.infer<typeof ledgerEntry>;

function dayOf(items: readonly unknown[], complete: boolean, merchantSerialNumber: string): LedgerDay {
  const read = items.map((item) => ledgerEntry.safeParse(item).data);
  const ours = read.filter((entry) => entry !== undefined).filter((entry) => isOurs(entry, merchantSerialNumber));
  return {
    kind: "ok",
    complete,
    entries: ours.flatMap(entryOf),
    others: ours.flatMap(otherOf),
    unreadable: read.filter((entry) => entry === undefined).length,
  };
}

/** A ledger may settle for several sales units. What names none is the ledger's own. */
function isOurs({ recipientHandle }: WireEntry, merchantSerialNumber: string): boolean {
  return (
    recipientHandle === undefined || recipientHandle.slice(recipientHandle.indexOf(":") + 1) === merchantSerialNumber
  );
}

/** The ledger's amounts are signed by what they do to the balance: a refund's is negative. */
function entryOf({ entryType, reference, amount, time, ledgerDate, pspReference }: WireEntry): readonly LedgerEntry[] {
  if ((entryType !== "capture" && entryType !== "refund") || reference === undefined) return [];
  const named = pspReference !== undefined && { movementId: pspReference };
  const moved = entryType === "capture" ? "captured" : "refunded";
  return [{ reference, moved, amount: moved === "captured" ? amount : -amount, at: time, date: ledgerDate, ...named }];
}

function otherOf({ entryType, reference, amount }: WireEntry): readonly OtherEntry[] {
  if ((entryType === "capture" || entryType === "refund") && reference !== undefined) return [];
  return [{ entryType, amount, ...(reference !== undefined && { reference }) }];
}

async function readMoves(ask: Ask, reference: string): Promise<MovesAnswer> {
  const reply = await ask("events", `/epayment/v1/payments/${encodeURIComponent(reference)}/events`);
  if (reply.kind === "no") return { kind: refusalOf(reply, "events").kind === "notFound" ? "notFound" : "unknown" };
  if (reply.kind !== "success") return { kind: "unknown" };
  const read = paymentMoves.safeParse(parseJson(reply.text));
  if (!read.success || read.data.some((event) => event.reference !== reference)) return { kind: "unknown" };
  const moves = read.data
    .filter(({ success, name }) => success && (name === "CAPTURED" || name === "REFUNDED"))
    .map(({ name, amount, timestamp, pspReference }) => ({
      moved: name === "CAPTURED" ? ("captured" as const) : ("refunded" as const),
      amount: amount.value,
      at: timestamp,
      ...(pspReference !== undefined && { movementId: pspReference }),
    }));
  return { kind: "ok", moves };
}

/** 401 stays after a new token: these keys are good for payments and not for this. */
function nothingIn(reply: Exclude<MobilePayReply, { kind: "success" }>): Nothing {
  const status = "status" in reply ? reply.status : undefined;
  if (reply.kind === "keysRefused" || status === 401 || status === 403) return { kind: "notAllowed" };
  return status === 404 ? { kind: "notYet" } : { kind: "unknown" };
}
