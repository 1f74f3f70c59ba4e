import type { ErrorName } from "../protocol/errors.ts";
import { errorTable } from "../protocol/errors.ts";
import type { Failure } from "../protocol/values.ts";
import { mobilePayErrorCodes } from "./error-codes.ts";

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
const lookInPortal = "Look at the payment in MobilePay's portal before money is taken or given another way.";
const otherRefund = "Give the money back another way, and note it on the receipt.";

/** Every error code that is published for ePayment: what the cashier sees, and what the till does. */
export const publishedErrors: Readonly<Record<number, Advice>> = {
  [mobilePayErrorCodes.internalError]: { says: "MobilePay has a fault of its own.", hint: again, means: "wait" },

  [mobilePayErrorCodes.captureIdempotencyConflict]: {
    says: "This capture was asked for before, with another content.",
    hint: lookInPortal,
    means: "askFirst",
  },
  [mobilePayErrorCodes.idempotencyConflict]: {
    says: "This request was sent before, with another content.",
    hint: lookInPortal,
    means: "askFirst",
  },
  [mobilePayErrorCodes.invalidAmount]: {
    says: "MobilePay does not take this amount.",
    hint: otherWay,
    means: "refused",
    code: "AMOUNT_OUT_OF_RANGE",
  },
  [mobilePayErrorCodes.invalidCustomerToken]: {
    says: "The customer's scan of the till's tag is no longer valid.",
    hint: "Ask the customer to scan the till's tag again, and start the payment anew.",
    means: "refused",
    code: "CHECK_IN_STALE",
  },
  [mobilePayErrorCodes.invalidPersonalQr]: {
    says: "The customer's code is no longer valid.",
    hint: "Ask the customer to open the code in the app again, and scan it anew.",
    means: "refused",
  },
  [mobilePayErrorCodes.invalidPhoneNumber]: {
    says: "This is not a phone number.",
    hint: "Type the number again, with its country code.",
    means: "refused",
  },
  [mobilePayErrorCodes.invalidScope]: {
    says: "A field of the request was wrong (scope).",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.invalidURL]: {
    says: "A field of the request was wrong (address).",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.metadataCapacityExceeded]: {
    says: "The request had too much additional data.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.metadataDuplicateKeys]: {
    says: "The request had additional data twice.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.metadataKeyLengthExceeded]: {
    says: "The request had additional data with too long a name.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.metadataValueLengthExceeded]: {
    says: "The request had additional data that is too long.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.missingRequiredParameter]: {
    says: "A field of the request was missing.",
    hint: support,
    means: "refused",
  },
  // On create: the reference exists. On refund: the key was used with another content.
  [mobilePayErrorCodes.referenceExists]: {
    says: "MobilePay already has another request of this name.",
    hint: lookInPortal,
    means: "askFirst",
  },
  [mobilePayErrorCodes.invalidPaymentMethodType]: {
    says: "A field of the request was wrong (payment method).",
    hint: support,
    means: "refused",
  },

  [mobilePayErrorCodes.blockingSourcesNotApplicable]: {
    says: "This shop cannot block sorts of cards.",
    hint: agreement,
    means: "refused",
  },
  [mobilePayErrorCodes.expressPaymentNotAllowed]: {
    says: "This shop may not use express payments.",
    hint: agreement,
    means: "refused",
  },
  [mobilePayErrorCodes.illegalScope]: {
    says: "This shop may not ask for these data of the customer.",
    hint: agreement,
    means: "refused",
  },
  [mobilePayErrorCodes.invalidCurrencyForMerchant]: {
    says: "The currency is not the one of this shop's MobilePay agreement.",
    hint: "Ring the sale up in the currency of the agreement, or take it another way.",
    means: "refused",
    code: "CURRENCY_MISMATCH",
  },
  [mobilePayErrorCodes.longLivingNotAllowed]: {
    says: "This shop may not use long-living payments.",
    hint: agreement,
    means: "refused",
  },
  [mobilePayErrorCodes.merchantBankAccountNotVerified]: {
    says: "The shop's bank account is not verified at MobilePay.",
    hint: agreement,
    means: "refused",
  },
  [mobilePayErrorCodes.paymentCannotBeCreated]: {
    says: "MobilePay cannot make this payment.",
    hint: otherWay,
    means: "refused",
  },
  [mobilePayErrorCodes.pushMessageNotAllowed]: {
    says: "This shop may not send payment requests to a phone yet.",
    hint: "Use the code on the screen instead. The shop must ask MobilePay to allow PUSH_MESSAGE for its sales unit.",
    means: "refused",
  },
  [mobilePayErrorCodes.referenceNotFound]: {
    says: "MobilePay does not know this payment.",
    hint: "Check that the till is set up for the sales unit that took the payment.",
    means: "refused",
    on: { look: "notFound", events: "notFound", cancel: "notFound" },
  },
  [mobilePayErrorCodes.refundNotPossible]: {
    says: "MobilePay cannot refund for this shop.",
    hint: otherRefund,
    means: "refused",
  },

  [mobilePayErrorCodes.amountTooSmall]: {
    says: "The amount is too small for MobilePay.",
    hint: otherWay,
    means: "refused",
    code: "AMOUNT_OUT_OF_RANGE",
  },
  [mobilePayErrorCodes.refundBeforeReservation]: {
    says: "Nothing has been paid yet that could be refunded.",
    hint: "Finish the payment first.",
    means: "refused",
  },
  [mobilePayErrorCodes.cancelPeriodExpired]: {
    says: "It is too late to cancel this payment.",
    hint: "Refund it instead.",
    means: "refused",
  },
  [mobilePayErrorCodes.cannotCancelCapturedPayment]: {
    says: "The money has already been taken.",
    hint: "Refund it instead of cancelling it.",
    means: "refused",
  },
  [mobilePayErrorCodes.cannotCancelNonReservedPayment]: {
    says: "There is no reservation to cancel.",
    hint: lookInPortal,
    means: "refused",
  },
  [mobilePayErrorCodes.cannotCancelAuthorizedPayment]: {
    says: "The customer approved before the cancellation arrived.",
    hint: "Decide on the recovery list: ring the sale up again, or give the money back.",
    means: "refused",
  },
  [mobilePayErrorCodes.cannotCaptureCancelledPayment]: {
    says: "The payment was cancelled; nothing can be taken.",
    hint: "Start a new payment.",
    means: "refused",
  },
  [mobilePayErrorCodes.cannotCaptureBeforeReservation]: {
    says: "The customer has not approved yet.",
    hint: "Wait for the customer's approval.",
    means: "refused",
  },
  [mobilePayErrorCodes.captureAmountTooHigh]: {
    says: "More was to be taken than the customer approved.",
    hint: lookInPortal,
    means: "askFirst",
  },
  [mobilePayErrorCodes.capturePeriodExpired]: {
    says: "The customer's approval is too old.",
    hint: "Start a new payment.",
    means: "refused",
  },
  [mobilePayErrorCodes.expirationDateIsTooLate]: {
    says: "The payment's end lies too far ahead.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.expirationDateIsTooSoon]: {
    says: "The payment's end is too near.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.longLivingNeedsReceipt]: {
    says: "A long-living payment needs a receipt.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.mustCaptureFullAmount]: {
    says: "This payment can only be taken whole.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.notEnoughRefundable]: {
    says: "Less is left of the purchase than was to be refunded.",
    hint: "Refund at most what is left; somebody may have refunded it in MobilePay's portal.",
    means: "askFirst",
    code: "REFUND_EXCEEDS",
  },
  [mobilePayErrorCodes.orderProcessing]: {
    says: "MobilePay is still working on this payment.",
    hint: again,
    means: "wait",
  },
  [mobilePayErrorCodes.paymentAlreadyCaptured]: {
    says: "The money has already been taken.",
    hint: lookInPortal,
    means: "askFirst",
  },
  [mobilePayErrorCodes.paymentAlreadyRefunded]: {
    says: "This purchase has already been refunded.",
    hint: "Do not give the money back again; look at it in MobilePay's portal.",
    means: "askFirst",
    code: "REFUND_EXCEEDS",
  },
  [mobilePayErrorCodes.paymentCannotBeCancelled]: {
    says: "This payment cannot be cancelled.",
    hint: lookInPortal,
    means: "refused",
  },
  [mobilePayErrorCodes.paymentCannotBeCaptured]: {
    says: "This payment cannot be captured.",
    hint: lookInPortal,
    means: "askFirst",
  },
  [mobilePayErrorCodes.paymentCannotBeRefunded]: {
    says: "This payment cannot be refunded.",
    hint: otherRefund,
    means: "askFirst",
  },
  [mobilePayErrorCodes.refundPeriodExpired]: {
    says: "The purchase is too old to be refunded by MobilePay (365 days).",
    hint: otherRefund,
    means: "refused",
  },
  [mobilePayErrorCodes.paymentIsAlreadyReserved]: {
    says: "The customer has already approved this payment.",
    hint: lookInPortal,
    means: "askFirst",
  },
  [mobilePayErrorCodes.cannotCancelProcessingPayment]: {
    says: "The customer is approving at this moment.",
    hint: again,
    means: "wait",
  },
  [mobilePayErrorCodes.fundsUnavailable]: {
    says: "The customer's money is no longer there.",
    hint: otherWay,
    means: "refused",
  },
  [mobilePayErrorCodes.captureFailed]: {
    says: "MobilePay could not take the money just now.",
    hint: again,
    means: "wait",
  },

  [mobilePayErrorCodes.customerNotFound]: {
    says: "MobilePay cannot ask this customer for money.",
    hint: "Ask for another way to pay. Do not say that the number is wrong: there are other reasons.",
    means: "refused",
  },

  // Of the test environment's forced approval, which a till never calls.
  [mobilePayErrorCodes.approveFailed]: { says: "The test approval failed.", hint: support, means: "refused" },
  [mobilePayErrorCodes.approveNotAllowed]: {
    says: "The test approval is not allowed.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.identificationRequired]: {
    says: "The test user must be identified.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.invalidPaymentSource]: {
    says: "The test user's payment source is not valid.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.noCards]: { says: "The test user has no card.", hint: support, means: "refused" },
  [mobilePayErrorCodes.operationNotSupported]: {
    says: "The test environment does not do this.",
    hint: support,
    means: "refused",
  },
  [mobilePayErrorCodes.paymentLimitExceeded]: {
    says: "The test user's limit is exceeded.",
    hint: support,
    means: "refused",
  },
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

/** The keys were refused at the door, before anything about a payment was looked at. */
export const keysRefused: Failure = {
  code: "KEYS_REFUSED",
  message: errorTable.KEYS_REFUSED.message,
  hint: errorTable.KEYS_REFUSED.hint,
};
