import type { Result } from "../../../protocol/client.ts";
import type {
  ConsoleOverview,
  ConsoleScanners,
  LogRecord,
  Meaning,
  PaymentView,
  RecoveryItem,
  TillView,
} from "../../../protocol/values.ts";
import type { Language } from "../../../protocol/words/languages.ts";
import type { ConsoleWords } from "./words/en.ts";

/** Something that a scanner or reader has read. `content` is missing where it is personal. */
export interface Seen {
  readonly seq: number;
  readonly at: string;
  readonly kind: "scan" | "tap";
  readonly meaning: Meaning;
  readonly content?: string;
  readonly symbology?: string;
  readonly handledBy?: "payment" | "pairing";
}

export interface PairingState {
  readonly step: "idle" | "listening" | "read" | "working";
  readonly tag: string;
  /** Why the last read was no tag, or why it could not be registered. */
  readonly trouble?: keyof ConsoleWords | { readonly text: string };
}

/** Help with scanners that type. `types`: whether what was last put into the field was typed faster than people type. */
export interface WedgeState {
  readonly scanners?: ConsoleScanners;
  readonly maker?: string;
  readonly types?: boolean;
}

/** All that the page shows. Replaced, never changed. */
export interface ConsoleState {
  readonly language: Language;
  readonly door: "locked" | "opening" | "open";
  readonly doorTrouble?: { readonly key: keyof ConsoleWords; readonly count?: number };
  /** Whether the till's program answers. */
  readonly answers: boolean;
  readonly health?: Result<"health.get">;
  readonly till?: TillView;
  readonly overview?: ConsoleOverview;
  readonly seen: readonly Seen[];
  readonly payments: Readonly<Record<string, PaymentView>>;
  readonly recovery: Readonly<Record<string, RecoveryItem>>;
  /** Of payments whose decision is being sent. */
  readonly deciding: readonly string[];
  readonly pairing: PairingState;
  readonly wedge: WedgeState;
  readonly log: readonly LogRecord[];
  /** What the last thing that was tried came to, when it went wrong. */
  readonly trouble?: { readonly where: Where; readonly what: keyof ConsoleWords | { readonly text: string } };
  /** The button that was pressed once and is asked about. */
  readonly sure?: string;
}

export type Where = "recovery" | "requests" | "clients" | "pairing";

export const nothingYet: Omit<ConsoleState, "language"> = {
  door: "locked",
  answers: true,
  seen: [],
  payments: {},
  recovery: {},
  deciding: [],
  pairing: { step: "idle", tag: "" },
  wedge: {},
  log: [],
};

/** Holds the state, and notifies the views that show it. */
export interface ConsoleStore {
  readonly state: ConsoleState;
  /** A member that is given as undefined is taken away. */
  change(change: { readonly [Name in keyof ConsoleState]?: ConsoleState[Name] | undefined }): void;
  watch(shown: () => void): void;
}

export function makeStore(language: Language): ConsoleStore {
  let state: ConsoleState = { ...nothingYet, language };
  const watching = new Set<() => void>();
  return {
    get state() {
      return state;
    },
    change(change) {
      // Every member of State that may be away is one that may be undefined.
      state = { ...state, ...change } as ConsoleState;
      for (const shown of watching) shown();
    },
    watch(shown) {
      watching.add(shown);
      shown();
    },
  };
}
