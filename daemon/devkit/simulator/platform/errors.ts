/** Every error code that the platform publishes for ePayment, with the HTTP status that this simulator answers. */
export const publishedErrors = {
  3010: { status: 500, title: "Internal error" },
  4010: { status: 409, title: "Capture idempotency conflict" },
  4020: { status: 409, title: "Idempotency error" },
  4040: { status: 400, title: "Invalid amount" },
  4050: { status: 400, title: "Invalid CustomerToken" },
  4060: { status: 400, title: "Invalid PersonalQr" },
  4070: { status: 400, title: "Invalid phone number" },
  4080: { status: 400, title: "Invalid scope" },
  4090: { status: 400, title: "Invalid URL" },
  4100: { status: 400, title: "Metadata capacity exceeded" },
  4110: { status: 400, title: "Metadata duplicate keys not allowed" },
  4120: { status: 400, title: "Metadata key length exceeded" },
  4130: { status: 400, title: "Metadata value length exceeded" },
  4140: { status: 400, title: "Missing required parameter" },
  4150: { status: 409, title: "Reference exists, or refund idempotency conflict" },
  4160: { status: 400, title: "Invalid payment method type" },
  5010: { status: 400, title: "Blocking sources not applicable" },
  5020: { status: 403, title: "Express payment not allowed" },
  5030: { status: 403, title: "Illegal scope" },
  5040: { status: 400, title: "Invalid currency for merchant" },
  5050: { status: 403, title: "Long-living payment not allowed" },
  5060: { status: 403, title: "Merchant bank account not verified" },
  5070: { status: 403, title: "Payment cannot be created" },
  5080: { status: 403, title: "PUSH_MESSAGE not allowed" },
  5090: { status: 404, title: "Reference not found" },
  5100: { status: 400, title: "Refund not possible" },
  6010: { status: 400, title: "Amount too small" },
  6020: { status: 400, title: "Attempted refund before reservation" },
  6030: { status: 400, title: "Cancel period expired" },
  6040: { status: 400, title: "Cannot cancel a captured payment" },
  6050: { status: 400, title: "Cannot cancel a non-reserved payment" },
  6060: { status: 400, title: "Cannot cancel authorized payment" },
  6070: { status: 400, title: "Cannot capture a cancelled payment" },
  6080: { status: 400, title: "Cannot capture before reservation" },
  6090: { status: 400, title: "Capture amount too high" },
  6100: { status: 400, title: "Capture period expired" },
  6110: { status: 400, title: "Expiration date is too late" },
  6120: { status: 400, title: "Expiration date is too soon" },
  6130: { status: 400, title: "Long living payments require a receipt" },
  6140: { status: 400, title: "Must capture full amount" },
  6150: { status: 400, title: "Not enough refundable" },
  6160: { status: 409, title: "Order processing" },
  6170: { status: 400, title: "Payment already captured" },
  6180: { status: 400, title: "Payment already refunded" },
  6190: { status: 400, title: "Payment cannot be cancelled" },
  6200: { status: 400, title: "Payment cannot be captured" },
  6210: { status: 400, title: "Payment cannot be refunded" },
  6220: { status: 400, title: "Refund period expired" },
  6230: { status: 400, title: "Payment is already reserved" },
  6250: { status: 409, title: "Cannot cancel processing payment" },
  6260: { status: 400, title: "Funds unavailable" },
  6280: { status: 409, title: "Capture failed, please try again later" },
  7010: { status: 400, title: "Customer not found" },
  10010: { status: 400, title: "Approve failed" },
  10020: { status: 400, title: "Approve not allowed" },
  10030: { status: 400, title: "Identification required" },
  10040: { status: 400, title: "Invalid payment source" },
  10050: { status: 400, title: "No cards" },
  10060: { status: 400, title: "Operation not supported" },
  10070: { status: 400, title: "Payment limit exceeded" },
} as const;

/** A code of {@link publishedErrors}. */
export type PublishedCode = keyof typeof publishedErrors;

/** These say "wait and send the same again", so the refusal does not stick to the idempotency key as other 4xx do. */
const passing: ReadonlySet<number> = new Set([6160, 6250, 6280]);

/** One wrong field of a request, as `extraDetails` (or `invalidParams`) names it. */
export interface FieldFault {
  readonly name: string;
  readonly reason: string;
}

/** A request that the platform does not do. Thrown by the rules, written as problem JSON in one place. */
export class Refusal extends Error {
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
  throw new Refusal(status, title, field ? [...details, field] : details);
}

/** Refuses a request whose form is wrong: HTTP 400, the fields named, no code. */
export function refuseFields(fields: readonly FieldFault[]): never {
  throw new Refusal(400, "Bad Request", fields);
}
