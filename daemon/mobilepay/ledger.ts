import type * as z from "zod";
import type { Ledger, LedgerDay, LedgerEntry } from "../payments/ports/ledger.ts";
import { parseJson } from "./answers.ts";
import type { MobilePayCall } from "./exchange.ts";
import type { MobilePayApi, MobilePayReply } from "./platform.ts";
import { ledgerEntry, ledgerList, ledgerPage } from "./wire.ts";

/** More than a day of any sales unit fills; without a bound a wrong cursor would never end. */
const pagesMax = 200;

type Nothing = Exclude<LedgerDay, { readonly kind: "ok" }>;

/** MobilePay's settlement and report APIs, as far as the books of a day need them. */
export function createLedger(platform: MobilePayApi, deadlineMs: number): Ledger {
  const ask = (operation: string, path: string): Promise<MobilePayReply> =>
    platform.call({ operation, method: "GET", path, deadlineMs } satisfies MobilePayCall);
  return {
    async day(date) {
      const ledger = await findLedger(platform, ask);
      return typeof ledger === "string" ? readDay(platform, ask, ledger, date) : ledger;
    },
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
  const entries: LedgerEntry[] = [];
  let cursor: string | undefined;
  for (let page = 1; page <= pagesMax; page += 1) {
    const reply = await ask("report", cursor === undefined ? path : `${path}?cursor=${encodeURIComponent(cursor)}`);
    if (reply.kind !== "success") return nothingIn(reply);
    const read = ledgerPage.safeParse(parseJson(reply.text));
    if (!read.success) return { kind: "unknown" };
    entries.push(...read.data.items.flatMap((item) => entryOf(item, platform.merchantSerialNumber)));
    if (read.data.hasMore !== true) return { kind: "ok", complete: read.data.tryLater !== true, entries };
    cursor = read.data.cursor;
    if (cursor === undefined) return { kind: "unknown" };
  }
  return { kind: "unknown" };
}

/** Fees, payouts and whatever is added without notice are not ours to compare. A ledger may settle for several sales units. */
function entryOf(item: unknown, merchantSerialNumber: string): readonly LedgerEntry[] {
  const read = ledgerEntry.safeParse(item);
  if (!read.success || !isOurs(read.data, merchantSerialNumber)) return [];
  const { entryType, reference, currency, amount } = read.data;
  const moved = entryType === "capture" ? "captured" : "refunded";
  return [{ reference, moved, amount: { currency, value: Math.abs(amount) } }];
}

function isOurs({ recipientHandle }: z.infer<typeof ledgerEntry>, merchantSerialNumber: string): boolean {
  return recipientHandle.slice(recipientHandle.indexOf(":") + 1) === merchantSerialNumber;
}

/** 401 stays after a new token: these keys are good for payments and not for this. */
function nothingIn(reply: Exclude<MobilePayReply, { kind: "success" }>): Nothing {
  const status = "status" in reply ? reply.status : undefined;
  if (reply.kind === "keysRefused" || status === 401 || status === 403) return { kind: "notAllowed" };
  return status === 404 ? { kind: "notYet" } : { kind: "unknown" };
}
