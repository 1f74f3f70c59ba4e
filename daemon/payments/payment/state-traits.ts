import type { PaymentState } from "../../protocol/values.ts";

/**
 * What can be true of a state, beside its stage (`daemon/protocol/payment-stage.ts`, which says whether a payment is over):
 *
 * `blocksNewPayment`: this till is busy with the payment and its outcome is near, so that another has to wait.
 * `needsMobilePay`: the loop asks MobilePay until the payment is in another state.
 * `knownToMobilePay`: only MobilePay's own answer leads there, so that it must know the payment.
 * `refundable`: the purchase is finished, and its money can be refunded in parts.
 */
export type StateTrait = "blocksNewPayment" | "needsMobilePay" | "knownToMobilePay" | "refundable";

const traits: Readonly<Record<PaymentState, readonly StateTrait[]>> = {
  waitingForCustomer: ["blocksNewPayment", "needsMobilePay"],
  requesting: ["blocksNewPayment", "needsMobilePay"],
  waitingForApproval: ["blocksNewPayment", "needsMobilePay", "knownToMobilePay"],
  capturing: ["blocksNewPayment", "needsMobilePay"],
  paid: ["blocksNewPayment"],
  completed: ["refundable"],
  cancelling: ["needsMobilePay"],
  cancelled: [],
  rejected: ["knownToMobilePay"],
  expired: [],
  failed: [],
  needsDecision: [],
  refunding: ["needsMobilePay"],
  refunded: [],
};

/** Whether it is true of every payment in this state. */
export function hasTrait(state: PaymentState, trait: StateTrait): boolean {
  return traits[state].includes(trait);
}
