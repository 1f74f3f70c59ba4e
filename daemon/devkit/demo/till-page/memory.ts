import type { Customer } from "../../../protocol/values.ts";
import type { Line } from "./basket.ts";

/** A sale that is being paid. On disk before MobilePay is asked, so that it is found again after a reload or a power cut. */
export interface KeptSale {
  readonly saleId: string;
  readonly paymentId: string;
  readonly lines: readonly Line[];
  readonly totalOre: number;
  readonly customer: Customer;
  /** Set before the receipt is reported, so that a repeat reports the same one. */
  readonly receiptNumber?: string;
  /** The sale is rung up again on a payment that was made before the power went. */
  readonly rungUpAgain?: true;
}

/** A receipt that was printed. */
export interface Sold {
  readonly receiptNumber: string;
  readonly saleId: string;
  readonly paymentId: string;
  readonly lines: readonly Line[];
  readonly totalOre: number;
  readonly at: string;
}

/** A refund that was asked for. On disk before it is asked for. */
export interface KeptRefund {
  readonly refundId: string;
  readonly paymentId: string;
  readonly amountOre: number;
}

/** Everything the till page keeps on disk. */
export interface KeptState {
  /** Which demo shop this belongs to: another one starts with nothing. */
  readonly shop: string;
  readonly basket: readonly Line[];
  /** The sale that the basket belongs to: stays the same over several attempts to pay. */
  readonly saleId?: string | undefined;
  readonly sale?: KeptSale | undefined;
  /** Sales that were under way when the power went, or that wait for a decision. */
  readonly interrupted: readonly KeptSale[];
  readonly sold: readonly Sold[];
  readonly refunds: readonly KeptRefund[];
  readonly nextSale: number;
  readonly nextReceipt: number;
  /** The last event that was taken in: what comes after it is fetched, so that a reload loses no scan and counts none twice. */
  readonly seq?: number | undefined;
  /** The plug was pulled: whoever opens the till next must not go on as if nothing had happened. */
  readonly powerCut: boolean;
}

/** The page's disk. Every `save` is there before the call returns. */
export interface Memory {
  readonly kept: KeptState;
  save(change: Partial<KeptState>): void;
}

const key = "tillbridge-demo-till";
const keptMax = 100;

/** What this shop kept, or nothing when it is a new shop. */
export function openMemory(shop: string, storage: Storage = localStorage): Memory {
  let kept = read(storage, shop);
  return {
    get kept() {
      return kept;
    },
    save(change) {
      kept = { ...kept, ...change };
      kept = { ...kept, sold: kept.sold.slice(0, keptMax), refunds: kept.refunds.slice(0, keptMax) };
      storage.setItem(key, JSON.stringify(kept));
    },
  };
}

function read(storage: Storage, shop: string): KeptState {
  const fresh: KeptState = {
    shop,
    basket: [],
    interrupted: [],
    sold: [],
    refunds: [],
    nextSale: 1,
    nextReceipt: 1001,
    powerCut: false,
  };
  try {
    // Only this page writes here, and what another shop or an older page wrote is not used.
    const found = JSON.parse(storage.getItem(key) ?? "null") as KeptState | null;
    return found?.shop === shop ? { ...fresh, ...found } : fresh;
  } catch {
    return fresh;
  }
}
