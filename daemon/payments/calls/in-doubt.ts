import { BridgeError } from "../../protocol/errors.ts";
import type { PaymentStore } from "../ports/store.ts";

/**
 * While a refused write may still turn up nothing is said about its ids: not that it was done, and not that there is no such thing.
 * Throws `OUTCOME_UNKNOWN`.
 */
export function refuseInDoubt(store: Pick<PaymentStore, "inDoubt">, ...ids: readonly (string | undefined)[]): void {
  if (ids.some((id) => id !== undefined && store.inDoubt(id))) throw inDoubt();
}

function inDoubt(): BridgeError {
  const hint =
    "The till's disk failed while this was written. Ask again until it is known; do not do it another way before.";
  return new BridgeError("OUTCOME_UNKNOWN", { hint }, "It is not yet known whether the till will do this.");
}
