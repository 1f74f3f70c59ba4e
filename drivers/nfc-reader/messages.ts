import type { FailedRead, NfcRead } from "../driver.ts";

/** What the reader process sends the till. */
export type FromReaders =
  /** Every half second, for as long as it is not stuck. */
  | { readonly say: "beat" }
  /** The readers that are plugged in now; the first time as soon as the service has answered. */
  | { readonly say: "readers"; readonly names: readonly string[] }
  | { readonly say: "read"; readonly reader: string; readonly read: NfcRead | FailedRead }
  /** The last word. `denied`: this user may not use the service. */
  | { readonly say: "ended"; readonly because: "denied" | "service" };

/** What the till sends the reader process. */
export type ToReaders =
  /** The first word. `socket`: where the smart-card service listens, if not at its usual place. */
  | { readonly do: "start"; readonly socket?: string | undefined }
  /** The readers that are ours: tags on others are left alone. */
  | { readonly do: "take"; readonly readers: readonly string[] };

/** A process that hangs is known within seconds. */
export const beatMs = 500;
