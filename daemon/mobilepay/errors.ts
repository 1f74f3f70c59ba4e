import type { ErrorName } from "../protocol/errors.ts";
import { errorTable } from "../protocol/errors.ts";
import type { Failure } from "../protocol/values.ts";

/** The calls about one payment. */
export type PaymentOperation = "create" | "look" | "events" | "cancel" | "capture" | "refund";

/**
 * What a refusal means for us. `refused`: no, for good. `wait`: the same again later. `notFound`: no such payment. `askFirst`: may
 * be the echo of a request of ours that went through, so MobilePay is asked what is true before the refusal is believed.
 */
export type Reaction = "refused" | "wait" | "notFound" | "askFirst";

interface Advice {
  /** For the person at the till: what MobilePay said, and what to do. Never words that blame the customer's number (7010). */
  readonly says: string;
  readonly hint: string;
  readonly means: Reaction;
  readonly on?: Partial<Record<PaymentOperation, Reaction>>;
  readonly code?: ErrorName;
}

const again = "The till tries again by itself. Wait a moment.";
const otherWay = "Ask the customer for another way to pay.";
const support = "Take this sale another way, and call the support of this till: the request was not in order.";
const agreement =
  "Take this sale another way. The shop's MobilePay agreement must be changed: ask MobilePay, or the till's support.";
const look = "Look at the payment in MobilePay's portal before money is taken or given another way.";
const giveBack = "Give the money back another way, and note it on the receipt.";

/** Every error code that is published for ePayment: what the cashier is told, and what the till does. */
export const publishedErrors: Readonly<Record<number, Advice>> = {
  3010: { says: "MobilePay has a fault of its own.", hint: again, means: "wait" },

  4010: { says: "This capture was asked for before, with another content.", hint: look, means: "askFirst" },
  4020: { says: "This request was sent before, with another content.", hint: look, means: "askFirst" },
  4040: { says: "MobilePay does not take this amount.", hint: otherWay, means: "refused", code: "AMOUNT_OUT_OF_RANGE" },
  4050: {
    says: "The customer's scan of the till's tag is no longer valid.",
    hint: "Ask the customer to scan the till's tag again, and start the payment anew.",
    means: "refused",
    code: "CHECK_IN_STALE",
  },
  4060: {
    says: "The customer's code is no longer valid.",
    hint: "Ask the customer to open the code in the app again, and scan it anew.",
    means: "refused",
  },
  4070: {
    says: "This is not a phone number.",
    hint: "Type the number again, with its country code.",
    means: "refused",
  },
  4080: { says: "A field of the request was wrong (scope).", hint: support, means: "refused" },
  4090: { says: "A field of the request was wrong (address).", hint: support, means: "refused" },
  4100: { says: "The request had too much additional data.", hint: support, means: "refused" },
  4110: { says: "The request had additional data twice.", hint: support, means: "refused" },
  4120: { says: "The request had additional data with too long a name.", hint: support, means: "refused" },
  4130: { says: "The request had additional data that is too long.", hint: support, means: "refused" },
  4140: { says: "A field of the request was missing.", hint: support, means: "refused" },
  // On create: the reference exists. On refund: the key was used with another content.
  4150: { says: "MobilePay already has another request of this name.", hint: look, means: "askFirst" },
  4160: { says: "A field of the request was wrong (payment method).", hint: support, means: "refused" },

  5010: { says: "This shop cannot block sorts of cards.", hint: agreement, means: "refused" },
  5020: { says: "This shop may not use express payments.", hint: agreement, means: "refused" },
  5030: { says: "This shop may not ask for these data of the customer.", hint: agreement, means: "refused" },
  5040: {
    says: "The currency is not the one of this shop's MobilePay agreement.",
    hint: "Ring the sale up in the currency of the agreement, or take it another way.",
    means: "refused",
    code: "CURRENCY_MISMATCH",
  },
  5050: { says: "This shop may not use long-living payments.", hint: agreement, means: "refused" },
  5060: { says: "The shop's bank account is not verified at MobilePay.", hint: agreement, means: "refused" },
  5070: { says: "MobilePay cannot make this payment.", hint: otherWay, means: "refused" },
  5080: {
    says: "This shop may not send payment requests to a phone yet.",
    hint: "Use the code on the screen instead. The shop must ask MobilePay to allow PUSH_MESSAGE for its sales unit.",
    means: "refused",
  },
  5090: {
    says: "MobilePay does not know this payment.",
    hint: "Check that the till is set up for the sales unit that took the payment.",
    means: "refused",
    on: { look: "notFound", events: "notFound", cancel: "notFound" },
  },
  5100: { says: "MobilePay cannot refund for this shop.", hint: giveBack, means: "refused" },

  6010: {
    says: "The amount is too small for MobilePay.",
    hint: otherWay,
    means: "refused",
    code: "AMOUNT_OUT_OF_RANGE",
  },
  6020: {
    says: "Nothing has been paid yet that could be refunded.",
    hint: "Finish the payment first.",
    means: "refused",
  },
  6030: { says: "It is too late to cancel this payment.", hint: "Refund it instead.", means: "refused" },
  6040: { says: "The money has already been taken.", hint: "Refund it instead of cancelling it.", means: "refused" },
  6050: { says: "There is no reservation to cancel.", hint: look, means: "refused" },
  6060: {
    says: "The customer approved before the cancellation arrived.",
    hint: "Decide on the recovery list: ring the sale up again, or give the money back.",
    means: "refused",
  },
  6070: { says: "The payment was cancelled; nothing can be taken.", hint: "Start a new payment.", means: "refused" },
  6080: { says: "The customer has not approved yet.", hint: "Wait for the customer's approval.", means: "refused" },
  6090: { says: "More was to be taken than the customer approved.", hint: look, means: "askFirst" },
  6100: { says: "The customer's approval is too old.", hint: "Start a new payment.", means: "refused" },
  6110: { says: "The payment's end lies too far ahead.", hint: support, means: "refused" },
  6120: { says: "The payment's end is too near.", hint: support, means: "refused" },
  6130: { says: "A long-living payment needs a receipt.", hint: support, means: "refused" },
  6140: { says: "This payment can only be taken whole.", hint: support, means: "refused" },
  6150: {
    says: "Less is left of the purchase than was to be refunded.",
    hint: "Refund at most what is left; somebody may have refunded it in MobilePay's portal.",
    means: "askFirst",
    code: "REFUND_EXCEEDS",
  },
  6160: { says: "MobilePay is still working on this payment.", hint: again, means: "wait" },
  6170: { says: "The money has already been taken.", hint: look, means: "askFirst" },
  6180: {
    says: "This purchase has already been refunded.",
    hint: "Do not give the money back again; look at it in MobilePay's portal.",
    means: "askFirst",
    code: "REFUND_EXCEEDS",
  },
  6190: { says: "This payment cannot be cancelled.", hint: look, means: "refused" },
  6200: { says: "This payment cannot be captured.", hint: look, means: "askFirst" },
  6210: { says: "This payment cannot be refunded.", hint: giveBack, means: "askFirst" },
  6220: { says: "The purchase is too old to be refunded by MobilePay (365 days).", hint: giveBack, means: "refused" },
  6230: { says: "The customer has already approved this payment.", hint: look, means: "askFirst" },
  6250: { says: "The customer is approving at this moment.", hint: again, means: "wait" },
  6260: { says: "The customer's money is no longer there.", hint: otherWay, means: "refused" },
  6280: { says: "MobilePay could not take the money just now.", hint: again, means: "wait" },

  7010: {
    says: "MobilePay cannot ask this customer for money.",
    hint: "Ask for another way to pay. Do not say that the number is wrong: there are other reasons.",
    means: "refused",
  },

  // Of the test environment's forced approval, which a till never calls.
  10010: { says: "The test approval failed.", hint: support, means: "refused" },
  10020: { says: "The test approval is not allowed.", hint: support, means: "refused" },
  10030: { says: "The test user must be identified.", hint: support, means: "refused" },
  10040: { says: "The test user's payment source is not valid.", hint: support, means: "refused" },
  10050: { says: "The test user has no card.", hint: support, means: "refused" },
  10060: { says: "The test environment does not do this.", hint: support, means: "refused" },
  10070: { says: "The test user's limit is exceeded.", hint: support, means: "refused" },
};

/** What to do about this code. An unknown one is a refusal: the platform answered 4xx, and that stays with the key. */
export function reactionTo(code: number, operation: PaymentOperation): Reaction {
  const advice = publishedErrors[code];
  return advice?.on?.[operation] ?? advice?.means ?? "refused";
}

/** The failure as the till's page shows it. */
export function failureOf(code: number | undefined): Failure {
  const advice = code === undefined ? undefined : publishedErrors[code];
  const { message, hint } = errorTable.MOBILEPAY_REFUSED;
  return {
    code: advice?.code ?? "MOBILEPAY_REFUSED",
    message: advice?.says ?? message,
    hint: advice?.hint ?? hint,
    ...(code !== undefined && { mobilePayCode: String(code) }),
  };
}

/** The access token was refused before anything about a payment was sent. */
export const keysRefused: Failure = {
  code: "MOBILEPAY_REFUSED",
  message: "MobilePay does not accept this till's keys.",
  hint: "Take this sale another way. The keys in the till's settings must be checked: tillbridge doctor says which.",
};
