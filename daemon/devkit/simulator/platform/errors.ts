import { mobilePayErrorCodes } from "../../../mobilepay/error-codes.ts";

/** Every error code that the platform publishes for ePayment, with the HTTP status that this simulator answers. */
export const publishedErrors = {
  [mobilePayErrorCodes.internalError]: { status: 500, title: "Internal error" },
  [mobilePayErrorCodes.captureIdempotencyConflict]: { status: 409, title: "Capture idempotency conflict" },
  [mobilePayErrorCodes.idempotencyConflict]: { status: 409, title: "Idempotency error" },
  [mobilePayErrorCodes.invalidAmount]: { status: 400, title: "Invalid amount" },
  [mobilePayErrorCodes.invalidCustomerToken]: { status: 400, title: "Invalid CustomerToken" },
  [mobilePayErrorCodes.invalidPersonalQr]: { status: 400, title: "Invalid PersonalQr" },
  [mobilePayErrorCodes.invalidPhoneNumber]: { status: 400, title: "Invalid phone number" },
  [mobilePayErrorCodes.invalidScope]: { status: 400, title: "Invalid scope" },
  [mobilePayErrorCodes.invalidURL]: { status: 400, title: "Invalid URL" },
  [mobilePayErrorCodes.metadataCapacityExceeded]: { status: 400, title: "Metadata capacity exceeded" },
  [mobilePayErrorCodes.metadataDuplicateKeys]: { status: 400, title: "Metadata duplicate keys not allowed" },
  [mobilePayErrorCodes.metadataKeyLengthExceeded]: { status: 400, title: "Metadata key length exceeded" },
  [mobilePayErrorCodes.metadataValueLengthExceeded]: { status: 400, title: "Metadata value length exceeded" },
  [mobilePayErrorCodes.missingRequiredParameter]: { status: 400, title: "Missing required parameter" },
  [mobilePayErrorCodes.referenceExists]: { status: 409, title: "Reference exists, or refund idempotency conflict" },
  [mobilePayErrorCodes.invalidPaymentMethodType]: { status: 400, title: "Invalid payment method type" },
  [mobilePayErrorCodes.blockingSourcesNotApplicable]: { status: 400, title: "Blocking sources not applicable" },
  [mobilePayErrorCodes.expressPaymentNotAllowed]: { status: 403, title: "Express payment not allowed" },
  [mobilePayErrorCodes.illegalScope]: { status: 403, title: "Illegal scope" },
  [mobilePayErrorCodes.invalidCurrencyForMerchant]: { status: 400, title: "Invalid currency for merchant" },
  [mobilePayErrorCodes.longLivingNotAllowed]: { status: 403, title: "Long-living payment not allowed" },
  [mobilePayErrorCodes.merchantBankAccountNotVerified]: { status: 403, title: "Merchant bank account not verified" },
  [mobilePayErrorCodes.paymentCannotBeCreated]: { status: 403, title: "Payment cannot be created" },
  [mobilePayErrorCodes.pushMessageNotAllowed]: { status: 403, title: "PUSH_MESSAGE not allowed" },
  [mobilePayErrorCodes.referenceNotFound]: { status: 404, title: "Reference not found" },
  [mobilePayErrorCodes.refundNotPossible]: { status: 400, title: "Refund not possible" },
  [mobilePayErrorCodes.amountTooSmall]: { status: 400, title: "Amount too small" },
  [mobilePayErrorCodes.refundBeforeReservation]: { status: 400, title: "Attempted refund before reservation" },
  [mobilePayErrorCodes.cancelPeriodExpired]: { status: 400, title: "Cancel period expired" },
  [mobilePayErrorCodes.cannotCancelCapturedPayment]: { status: 400, title: "Cannot cancel a captured payment" },
  [mobilePayErrorCodes.cannotCancelNonReservedPayment]: { status: 400, title: "Cannot cancel a non-reserved payment" },
  [mobilePayErrorCodes.cannotCancelAuthorizedPayment]: { status: 400, title: "Cannot cancel authorized payment" },
  [mobilePayErrorCodes.cannotCaptureCancelledPayment]: { status: 400, title: "Cannot capture a cancelled payment" },
  [mobilePayErrorCodes.cannotCaptureBeforeReservation]: { status: 400, title: "Cannot capture before reservation" },
  [mobilePayErrorCodes.captureAmountTooHigh]: { status: 400, title: "Capture amount too high" },
  [mobilePayErrorCodes.capturePeriodExpired]: { status: 400, title: "Capture period expired" },
  [mobilePayErrorCodes.expirationDateIsTooLate]: { status: 400, title: "Expiration date is too late" },
  [mobilePayErrorCodes.expirationDateIsTooSoon]: { status: 400, title: "Expiration date is too soon" },
  [mobilePayErrorCodes.longLivingNeedsReceipt]: { status: 400, title: "Long living payments require a receipt" },
  [mobilePayErrorCodes.mustCaptureFullAmount]: { status: 400, title: "Must capture full amount" },
  [mobilePayErrorCodes.notEnoughRefundable]: { status: 400, title: "Not enough refundable" },
  [mobilePayErrorCodes.orderProcessing]: { status: 409, title: "Order processing" },
  [mobilePayErrorCodes.paymentAlreadyCaptured]: { status: 400, title: "Payment already captured" },
  [mobilePayErrorCodes.paymentAlreadyRefunded]: { status: 400, title: "Payment already refunded" },
  [mobilePayErrorCodes.paymentCannotBeCancelled]: { status: 400, title: "Payment cannot be cancelled" },
  [mobilePayErrorCodes.paymentCannotBeCaptured]: { status: 400, title: "Payment cannot be captured" },
  [mobilePayErrorCodes.paymentCannotBeRefunded]: { status: 400, title: "Payment cannot be refunded" },
  [mobilePayErrorCodes.refundPeriodExpired]: { status: 400, title: "Refund period expired" },
  [mobilePayErrorCodes.paymentIsAlreadyReserved]: { status: 400, title: "Payment is already reserved" },
  [mobilePayErrorCodes.cannotCancelProcessingPayment]: { status: 409, title: "Cannot cancel processing payment" },
  [mobilePayErrorCodes.fundsUnavailable]: { status: 400, title: "Funds unavailable" },
  [mobilePayErrorCodes.captureFailed]: { status: 409, title: "Capture failed, please try again later" },
  [mobilePayErrorCodes.customerNotFound]: { status: 400, title: "Customer not found" },
  [mobilePayErrorCodes.approveFailed]: { status: 400, title: "Approve failed" },
  [mobilePayErrorCodes.approveNotAllowed]: { status: 400, title: "Approve not allowed" },
  [mobilePayErrorCodes.identificationRequired]: { status: 400, title: "Identification required" },
  [mobilePayErrorCodes.invalidPaymentSource]: { status: 400, title: "Invalid payment source" },
  [mobilePayErrorCodes.noCards]: { status: 400, title: "No cards" },
  [mobilePayErrorCodes.operationNotSupported]: { status: 400, title: "Operation not supported" },
  [mobilePayErrorCodes.paymentLimitExceeded]: { status: 400, title: "Payment limit exceeded" },
} as const;

/** A code of {@link publishedErrors}. */
export type PublishedCode = keyof typeof publishedErrors;

/** These say "wait and send the same again", so the refusal does not stick to the idempotency key as other 4xx do. */
const passing: ReadonlySet<number> = new Set([
  mobilePayErrorCodes.orderProcessing,
  mobilePayErrorCodes.cannotCancelProcessingPayment,
  mobilePayErrorCodes.captureFailed,
]);

/** One wrong field of a request, as `extraDetails` (or `invalidParams`) names it. */
export interface FieldFault {
  readonly name: string;
  readonly reason: string;
}

/** A request that the platform does not do. Thrown by the rules, written as problem JSON in one place. */
export class PlatformRefusal extends Error {
  readonly status: number;
  readonly title: string;
  readonly extraDetails: readonly FieldFault[];
  readonly headers: Readonly<Record<string, string>>;
  /** False when the same request with the same idempotency key may succeed later. */
  readonly sticks: boolean;

  constructor(status: number, title: string, details: readonly FieldFault[], headers: Record<string, string> = {}) {
    super(title);
    this.status = status;
    this.title = title;
    this.extraDetails = details;
    this.headers = headers;
    const code = details.find((detail) => detail.name === "ErrorCode")?.reason;
    this.sticks = status < 500 && status !== 401 && status !== 423 && status !== 429 && !passing.has(Number(code));
  }
}

/** Refuses with a published code; `field` is named beside it when one field is to blame. */
export function refuse(code: PublishedCode, field?: FieldFault): never {
  const { status, title } = publishedErrors[code];
  const details = [{ name: "ErrorCode", reason: String(code) }];
  throw new PlatformRefusal(status, title, field ? [...details, field] : details);
}

/** Refuses a request whose form is wrong: HTTP 400, the fields named, no code. */
export function refuseFields(fields: readonly FieldFault[]): never {
  throw new PlatformRefusal(400, "Bad Request", fields);
}
