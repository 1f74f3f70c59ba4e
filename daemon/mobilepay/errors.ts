import type { ErrorName } from "../protocol/errors.ts";
import { errorTable } from "../protocol/errors.ts";
import type { Failure } from "../protocol/values.ts";
import { mobilePayErrorCodes as codes } from "./error-codes.ts";

/** The calls about one payment. */
export type PaymentOperation = "create" | "look" | "events" | "cancel" | "capture" | "refund";

/**
 * What a refusal means for us. `refused`: no, for good. `wait`: the same again later. `notFound`: no such payment. `askFirst`: may
 * be the echo of a request of ours that went through, so MobilePay is asked what is true before the refusal is believed.
 */
export type Reaction = "refused" | "wait" | "notFound" | "askFirst";

/** What a code means, and what is said of it. */
interface Advice {
  /** For the person at the till: what MobilePay said. Never words that blame the customer's number (7010). */
  readonly says: string;
  /** What to do: about a sale, and about a refund, for which another way to pay is no help. */
  readonly hint: Hint;
  readonly means: Reaction;
  readonly on?: Partial<Record<PaymentOperation, Reaction>>;
  /** Our code when a sale (create, cancel, capture) is refused with it, and when a refund is. */
  readonly sale: ErrorName;
  readonly refund: ErrorName;
}

type Hint = string | { readonly sale: string; readonly refund: string };

const again = "The till tries again by itself. Wait a moment.";
const otherWay = {
  sale: "Ask the customer for another way to pay.",
  refund: "Give the money back another way, and note it on the receipt.",
};
const support = {
  sale: "Take this sale another way, and call the support of this till: the request was not in order.",
  refund: "Give the money back another way, and call the support of this till: the request was not in order.",
};
const agreement = {
  sale: "Take this sale another way. The shop's MobilePay agreement must be changed: ask MobilePay, or the till's support.",
  refund:
    "Give it back another way. The shop's MobilePay agreement must be changed: ask MobilePay, or the till's support.",
};
const lookInPortal = "Look at the payment in MobilePay's portal before money is taken or given another way.";

type More = Partial<Pick<Advice, "on" | "sale" | "refund">>;

function advice(means: Reaction) {
  return (says: string, hint: Hint, more: More = {}): Advice => ({ ...general, says, hint, means, ...more });
}

/** What is said of a code without a name of its own. */
const general = { sale: "MOBILEPAY_REFUSED", refund: "REFUND_REFUSED" } as const;
const no = advice("refused");
const wait = advice("wait");
const echo = advice("askFirst");

/** Every error code that is published for ePayment: what it means, what the cashier sees, and under which name of ours. */
export const publishedErrors: Readonly<Record<number, Advice>> = {
  [codes.internalError]: wait("MobilePay has a fault of its own.", again),
  [codes.captureIdempotencyConflict]: echo("This capture was asked for before, with another content.", lookInPortal),
  [codes.idempotencyConflict]: echo("This request was sent before, with another content.", lookInPortal),
  [codes.invalidAmount]: no("MobilePay does not take this amount.", otherWay, { sale: "AMOUNT_OUT_OF_RANGE" }),
  [codes.invalidCustomerToken]: no(
    "The customer's scan of the till's tag is no longer valid.",
    "Ask the customer to scan the till's tag again, and start the payment anew.",
    { sale: "CHECK_IN_STALE" },
  ),
  [codes.invalidPersonalQr]: no(
    "The customer's code is no longer valid.",
    "Ask the customer to open the code in the app again, and scan it anew.",
    { sale: "CUSTOMER_CODE_INVALID" },
  ),
  [codes.invalidPhoneNumber]: no("This is not a phone number.", "Type the number again, with its country code.", {
    sale: "PHONE_NUMBER_INVALID",
  }),
  [codes.invalidScope]: no("A field of the request was wrong (scope).", support),
  [codes.invalidURL]: no("A field of the request was wrong (address).", support),
  [codes.metadataCapacityExceeded]: no("The request had too much additional data.", support),
  [codes.metadataDuplicateKeys]: no("The request had additional data twice.", support),
  [codes.metadataKeyLengthExceeded]: no("The request had additional data with too long a name.", support),
  [codes.metadataValueLengthExceeded]: no("The request had additional data that is too long.", support),
  [codes.missingRequiredParameter]: no("A field of the request was missing.", support),
  [codes.referenceExists]: echo("MobilePay already has another request of this name.", lookInPortal),
  [codes.invalidPaymentMethodType]: no("A field of the request was wrong (payment method).", support),
  [codes.blockingSourcesNotApplicable]: no("This shop cannot block sorts of cards.", agreement),
  [codes.expressPaymentNotAllowed]: no("This shop may not use express payments.", agreement),
  [codes.illegalScope]: no("This shop may not ask for these data of the customer.", agreement),
  [codes.invalidCurrencyForMerchant]: no(
    "The currency is not the one of this shop's MobilePay agreement.",
    "Ring the sale up in the currency of the agreement, or take it another way.",
    { sale: "CURRENCY_MISMATCH" },
  ),
  [codes.longLivingNotAllowed]: no("This shop may not use long-living payments.", agreement),
  [codes.merchantBankAccountNotVerified]: no("The shop's bank account is not verified at MobilePay.", agreement),
  [codes.paymentCannotBeCreated]: no("MobilePay cannot make this payment.", otherWay),
  [codes.pushMessageNotAllowed]: no(
    "This shop may not send payment requests to a phone yet.",
    "Use the code on the screen instead. The shop must ask MobilePay to allow PUSH_MESSAGE for its sales unit.",
    { sale: "PUSH_NOT_ALLOWED" },
  ),
  [codes.referenceNotFound]: no(
    "MobilePay does not know this payment.",
    "Check that the till is set up for the sales unit that took the payment.",
    { on: { look: "notFound", events: "notFound", cancel: "notFound" } },
  ),
  [codes.refundNotPossible]: no("MobilePay cannot refund for this shop.", otherWay),
  [codes.amountTooSmall]: no("The amount is too small for MobilePay.", otherWay, { sale: "AMOUNT_OUT_OF_RANGE" }),
  [codes.refundBeforeReservation]: no("Nothing has been paid yet that could be refunded.", "Finish the payment first."),
  [codes.cancelPeriodExpired]: no("It is too late to cancel this payment.", "Refund it instead."),
  [codes.cannotCancelCapturedPayment]: no("The money has already been taken.", "Refund it instead of cancelling it."),
  [codes.cannotCancelNonReservedPayment]: no("There is no reservation to cancel.", lookInPortal),
  [codes.cannotCancelAuthorizedPayment]: no(
    "The customer approved before the cancellation arrived.",
    "Decide on the recovery list: ring the sale up again, or give the money back.",
  ),
  [codes.cannotCaptureCancelledPayment]: no("The payment was cancelled; nothing can be taken.", "Start a new payment."),
  [codes.cannotCaptureBeforeReservation]: no("The customer has not approved yet.", "Wait for the customer's approval."),
  [codes.captureAmountTooHigh]: echo("More was to be taken than the customer approved.", lookInPortal),
  [codes.capturePeriodExpired]: no("The customer's approval is too old.", "Start a new payment."),
  [codes.expirationDateIsTooLate]: no("The payment's end lies too far ahead.", support),
  [codes.expirationDateIsTooSoon]: no("The payment's end is too near.", support),
  [codes.longLivingNeedsReceipt]: no("A long-living payment needs a receipt.", support),
  [codes.mustCaptureFullAmount]: no("This payment can only be taken whole.", support),
  [codes.notEnoughRefundable]: echo(
    "Less is left of the purchase than was to be refunded.",
    "Refund at most what is left; somebody may have refunded it in MobilePay's portal.",
    { refund: "REFUND_EXCEEDS" },
  ),
  [codes.orderProcessing]: wait("MobilePay is still working on this payment.", again),
  [codes.paymentAlreadyCaptured]: echo("The money has already been taken.", lookInPortal),
  [codes.paymentAlreadyRefunded]: echo(
    "This purchase has already been refunded.",
    "Do not give the money back again; look at it in MobilePay's portal.",
    { refund: "REFUND_EXCEEDS" },
  ),
  [codes.paymentCannotBeCancelled]: no("This payment cannot be cancelled.", lookInPortal),
  [codes.paymentCannotBeCaptured]: echo("This payment cannot be captured.", lookInPortal),
  [codes.paymentCannotBeRefunded]: echo("This payment cannot be refunded.", otherWay),
  [codes.refundPeriodExpired]: no("The purchase is too old to be refunded by MobilePay (365 days).", otherWay, {
    refund: "REFUND_TOO_LATE",
  }),
  [codes.paymentIsAlreadyReserved]: echo("The customer has already approved this payment.", lookInPortal),
  [codes.cannotCancelProcessingPayment]: wait("The customer is approving at this moment.", again),
  [codes.fundsUnavailable]: no("The customer's money is no longer there.", otherWay),
  [codes.captureFailed]: wait("MobilePay could not take the money just now.", again),
  [codes.customerNotFound]: no(
    "MobilePay cannot ask this customer for money.",
    { ...otherWay, sale: "Ask for another way to pay. Do not say that the number is wrong: there are other reasons." },
    { sale: "CUSTOMER_UNAVAILABLE" },
  ),
  [codes.approveFailed]: no("The test approval failed.", support),
  [codes.approveNotAllowed]: no("The test approval is not allowed.", support),
  [codes.identificationRequired]: no("The test user must be identified.", support),
  [codes.invalidPaymentSource]: no("The test user's payment source is not valid.", support),
  [codes.noCards]: no("The test user has no card.", support),
  [codes.operationNotSupported]: no("The test environment does not do this.", support),
  [codes.paymentLimitExceeded]: no("The test user's limit is exceeded.", support),
};

/** What to do about this code. An unknown one is a refusal: the platform answered 4xx, and that stays with the key. */
export function reactionTo(code: number, operation: PaymentOperation): Reaction {
  const known = publishedErrors[code];
  return known?.on?.[operation] ?? known?.means ?? "refused";
}

/** Our name for a refusal: by what was refused, and with which code. */
export function codeFor(code: number | undefined, operation: PaymentOperation): ErrorName {
  const known = code === undefined ? general : (publishedErrors[code] ?? general);
  return operation === "refund" ? known.refund : known.sale;
}

/** The failure as the till's page shows it. `reason`: what MobilePay says of single fields. */
export function failureOf(code: number | undefined, operation: PaymentOperation, reason?: string): Failure {
  const known = code === undefined ? undefined : publishedErrors[code];
  const name = codeFor(code, operation);
  const { message, hint } = errorTable[name];
  return {
    code: name,
    message: known?.says ?? message,
    hint: known === undefined ? hint : hintFor(known.hint, operation),
    ...(reason !== undefined && { reason }),
    ...(code !== undefined && { mobilePayCode: String(code) }),
  };
}

function hintFor(hint: Hint, operation: PaymentOperation): string {
  if (typeof hint === "string") return hint;
  return operation === "refund" ? hint.refund : hint.sale;
}

/** The keys were refused at the door, before anything about a payment was looked at. */
export const keysRefused: Failure = {
  code: "KEYS_REFUSED",
  message: errorTable.KEYS_REFUSED.message,
  hint: errorTable.KEYS_REFUSED.hint,
};
