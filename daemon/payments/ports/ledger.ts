import type { Money } from "../../protocol/values.ts";

/** Money that went through the sales unit's ledger at MobilePay. `amount` is never negative: `moved` says which way. */
export interface LedgerEntry {
  readonly reference: string;
  readonly moved: "captured" | "refunded";
  readonly amount: Money;
}

/**
 * MobilePay's report of a day. `complete: false`: the day is not closed there yet. `notAllowed`: the keys may not read reports, or
 * the sales unit has no ledger of its own. `notYet`: there is no report of that day. `unknown`: nothing was learnt.
 */
export type LedgerDay =
  | { readonly kind: "ok"; readonly complete: boolean; readonly entries: readonly LedgerEntry[] }
  | { readonly kind: "notAllowed" | "notYet" | "unknown" };

/** The books that MobilePay keeps for the shop, apart from the payments themselves. Exists in production only. */
export interface Ledger {
  /** `date`: YYYY-MM-DD, where the shop is. Never rejects. */
  day(date: string): Promise<LedgerDay>;
}
