/** Money that a payment took or gave back, at one moment. Minor units, positive as `moved` says. */
export interface MoneyMove {
  readonly moved: "captured" | "refunded";
  readonly amount: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** MobilePay's own name of this one movement (`pspReference`), where it is known. */
  readonly movementId?: string;
}

/** A capture or refund as it stands in the sales unit's ledger at MobilePay. */
export interface LedgerEntry extends MoneyMove {
  readonly reference: string;
  /** YYYY-MM-DD: the day under which MobilePay books it. */
  readonly date: string;
}

/** What is no capture and no refund: fees, payouts, disputes, corrections, and what MobilePay adds without notice. */
export interface OtherEntry {
  /** MobilePay's word. */
  readonly entryType: string;
  /** Minor units, signed: what it does to the balance. */
  readonly amount: number;
  /** Of a dispute: the payment's; of a payout: the text on the bank's statement. */
  readonly reference?: string;
}

/**
 * MobilePay's report of a day. `complete: false`: the day is not closed there yet. `unreadable`: entries that make no sense.
 * `notAllowed`: the keys may not read reports, or the sales unit has no ledger of its own. `notYet`: there is no report of that day.
 * `unknown`: nothing was learnt.
 */
export type LedgerDay =
  | {
      readonly kind: "ok";
      readonly complete: boolean;
      readonly entries: readonly LedgerEntry[];
      readonly others: readonly OtherEntry[];
      readonly unreadable: number;
    }
  | { readonly kind: "notAllowed" | "notYet" | "unknown" };

export type MovesAnswer =
  | { readonly kind: "ok"; readonly moves: readonly MoneyMove[] }
  | { readonly kind: "notFound" | "unknown" };

/** The books that MobilePay keeps: of a payment its event log, of the shop its ledger, which exists in production only. */
export interface Ledger {
  /** `date`: YYYY-MM-DD, where the shop is. Never rejects. */
  day(date: string): Promise<LedgerDay>;
  /** What a payment took and gave back, whoever asked for it, with MobilePay's time. Never rejects. */
  moves(reference: string): Promise<MovesAnswer>;
}
