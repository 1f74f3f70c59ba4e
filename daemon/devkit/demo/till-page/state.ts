import type { DeviceView, PaymentView, RecoveryItem, RefundView, TillView } from "../../../protocol/values.ts";
import type { Line } from "./basket.ts";
import type { KeptSale } from "./memory.ts";

/** Something did not work, in words for the person at the till. */
export interface Trouble {
  readonly message: string;
  readonly hint?: string;
  /** Sending exactly the same again may work. */
  readonly again: boolean;
}

/** A line in the strip at the bottom. */
export interface Noted {
  readonly seq: number;
  readonly event: string;
  readonly words: string;
}

export type TillScreen = "sale" | "receipts" | "settings";

/** What lies over the screen: the list of payment methods, the four ways to find the customer, or the payment itself. */
export type Overlay = "none" | "methods" | "ways" | "payment";

export type PairingStep =
  | { readonly step: "idle" | "listening" | "working" }
  | { readonly step: "read"; readonly tag: string };

/** All that the page shows. What must survive a power cut is in the memory, not here. */
export interface TillPageState {
  readonly power: "on" | "off" | "starting";
  readonly link: "connecting" | "ready" | "away" | "refused";
  readonly screen: TillScreen;
  readonly overlay: Overlay;
  readonly till?: TillView | undefined;
  readonly devices: readonly DeviceView[];
  readonly basket: readonly Line[];
  readonly sale?: KeptSale | undefined;
  /** Payments by id, as the daemon last told of them. */
  readonly payments: Readonly<Record<string, PaymentView>>;
  readonly refunds: Readonly<Record<string, RefundView>>;
  readonly recovery: Readonly<Record<string, RecoveryItem>>;
  /** Sales under way when the power went, whose end has not been read by a person yet. */
  readonly interrupted: readonly KeptSale[];
  /** The receipt that is shown. */
  readonly receiptNumber?: string | undefined;
  readonly pairing: PairingStep;
  readonly pairingTrouble?: Trouble | undefined;
  readonly saleTrouble?: Trouble | undefined;
  readonly refundTrouble?: Trouble | undefined;
  readonly recoveryTrouble?: Trouble | undefined;
  /** A quiet word at the foot of the sale: what was just scanned, or why it could not be. */
  readonly notice?: string | undefined;
  readonly noted: readonly Noted[];
}

export interface TillPageStore {
  readonly state: TillPageState;
  change(change: Partial<TillPageState>): void;
  /** Called after every change. */
  watch(watcher: (state: TillPageState) => void): void;
}

/** A till that has just been switched on. Names every field, so that it also wipes what was there before. */
export const nothingYet: Required<TillPageState> = {
  till: undefined,
  sale: undefined,
  receiptNumber: undefined,
  pairingTrouble: undefined,
  saleTrouble: undefined,
  refundTrouble: undefined,
  recoveryTrouble: undefined,
  notice: undefined,
  power: "on",
  link: "connecting",
  screen: "sale",
  overlay: "none",
  devices: [],
  basket: [],
  payments: {},
  refunds: {},
  recovery: {},
  interrupted: [],
  pairing: { step: "idle" },
  noted: [],
};

export function makeStore(initial: TillPageState): TillPageStore {
  let state = initial;
  const watchers: ((state: TillPageState) => void)[] = [];
  return {
    get state() {
      return state;
    },
    change(change) {
      state = { ...state, ...change };
      for (const watcher of watchers) watcher(state);
    },
    watch(watcher) {
      watchers.push(watcher);
    },
  };
}
