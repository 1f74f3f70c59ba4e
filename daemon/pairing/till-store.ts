import type { PaymentMethod, Terminal } from "../protocol/values.ts";

/** What has happened to the till itself. The till is the fold of these. */
export type TillEvent =
  | { type: "paymentMethodSet"; paymentMethod: PaymentMethod }
  | { type: "registered"; terminal: Terminal }
  | { type: "removed" };

/** What the till needs of the journal. `append` resolves when the event is durable and rejects with `JOURNAL_FAILED` otherwise. */
export interface TillStore {
  append(event: TillEvent): Promise<void>;
  events(): Promise<readonly TillEvent[]>;
}
