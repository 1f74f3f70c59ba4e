import * as z from "zod";
import { currency } from "../protocol/values.ts";

// What the platform sends, after ePayment 1.8.1, QR v1, Webhooks v1, Access Token 2.0.0 and Management 1.1.6. Strict on what we use, and
// tolerant of anything more: fields are added without notice.

const amount = z.object({ currency, value: z.int().min(0) });
/** Null, empty and missing are one. */
function orNone(schema: z.ZodType<string>) {
  return schema.nullish().transform((text) => (text === null || text === "" ? undefined : text));
}
/** RFC 3339, to seven digits of a second. Milliseconds since 1970. */
const moment = z
  .string()
  .transform((text) => Date.parse(text))
  .refine((ms) => !Number.isNaN(ms));

/** `AuthorizationTokenResponse`: numbers come as strings. The token goes into a header, so it must fit into one. */
export const accessToken = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  expires_in: z.union([z.string().regex(/^\d{1,9}$/), z.int().min(0)]).transform(Number),
});

/** `CreatePaymentResponse`. A push message has no `redirectUrl`; for a code on the screen it is the code's text. */
export const createdPayment = z.object({ reference: z.string(), redirectUrl: z.string().min(1).max(4096).nullish() });

/**
 * What `GetPaymentResponse` and `ModificationResponse` have in common. The former's `redirectUrl` is the address of MobilePay's landing
 * page, never a code to show.
 */
export const payment = z.object({
  reference: z.string(),
  state: z.enum(["CREATED", "AUTHORIZED", "ABORTED", "EXPIRED", "TERMINATED"]),
  amount,
  aggregate: z.object({
    authorizedAmount: amount,
    cancelledAmount: amount,
    capturedAmount: amount,
    refundedAmount: amount,
  }),
});

/** The event log. `idempotencyKey` may be absent, on CANCELLED for one; `name` grows, so it is no enum here. */
export const paymentEvents = z.array(
  z.object({ reference: z.string(), name: z.string(), success: z.boolean(), idempotencyKey: z.string().nullish() }),
);

/** The same log, as the books of a day need it. */
export const paymentMoves = z.array(
  z.object({
    reference: z.string(),
    name: z.string(),
    success: z.boolean(),
    amount,
    timestamp: moment,
    pspReference: orNone(z.string()),
  }),
);

/** `MerchantCallbackQr`. Without the code's text or id an entry is of no use. */
export const merchantTag = z.object({
  merchantSerialNumber: z.string().nullish(),
  merchantQrId: z.string().min(1),
  locationDescription: z.string().nullish(),
  qrContent: z.string().min(1),
  qrImageUrl: z.string().nullish(),
});
export const merchantTags = z.array(z.unknown());

/** `RegisterResponse` and `QueryResponse` of the Webhooks API. */
export const madeWebhook = z.object({ id: z.string().min(1).max(100), secret: z.string().min(1).max(1000) });
export const webhookList = z.object({
  webhooks: z.array(
    z.object({ id: z.string().min(1).max(100), url: z.string().max(4096), events: z.array(z.string().max(200)) }),
  ),
});

/** `SalesUnit` of the management API, which exists in production only. */
export const salesUnit = z.object({
  msn: z.string(),
  configuration: z
    .object({ paymentAllowed: z.boolean().nullish(), skipLandingPageAllowed: z.boolean().nullish() })
    .nullish(),
});

/** `Ledger` of the settlement API, and `Transaction` of the report API in its pages. Both exist in production only. */
export const ledgerList = z.object({
  items: z.array(z.object({ ledgerId: z.string().min(1), settlesForRecipientHandles: z.array(z.string()) })),
});
export const ledgerPage = z.object({
  cursor: z.string().min(1).optional(),
  hasMore: z.boolean().optional(),
  tryLater: z.boolean().optional(),
  items: z.array(z.unknown()),
});
export const ledgerEntry = z.object({
  entryType: z.string().min(1).max(100),
  /** Of what is no payment it may be empty or missing. */
  reference: orNone(z.string().max(1000)),
  amount: z.int(),
  time: moment,
  ledgerDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  pspReference: orNone(z.string()),
  recipientHandle: orNone(z.string()),
});

// What we send and read again from the journal.

export const createRequest = z.object({ amount, reference: z.string(), userFlow: z.string() });
export const amountRequest = z.object({ modificationAmount: amount });
