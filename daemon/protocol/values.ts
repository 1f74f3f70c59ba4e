import * as z from "zod";
import { right } from "./rights.ts";

/** Currencies a till can use. Value: integer minor units (øre, cent), at most 650 000.00 (MobilePay's own limit). */
export const currency = z.enum(["DKK", "EUR", "NOK", "SEK"]);
/** Those in which a wallet can pay: ePayment 1.8.1 has SEK for cards alone, which a till does not take. */
export const walletCurrencies = ["DKK", "EUR", "NOK"] as const;
export const money = z.strictObject({ currency, value: z.int().min(1).max(65_000_000) });

/** Ids that the POS makes once and stores before the call. */
export const clientMadeId = z.string().regex(/^[A-Za-z0-9-]{8,36}$/);
/** One line that people read. What steers a terminal, or turns the direction of reading, could make a list show something else. */
function line(charactersMin: number, charactersMax: number) {
  const steering = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
  const isPlain = (text: string) => !steering.test(text);
  return z.string().min(charactersMin).max(charactersMax).refine(isPlain, { error: "one line of plain text" });
}
const saleId = line(1, 64);
const receiptNumber = line(1, 64);
const shortText = line(1, 200);
const time = z.iso.datetime();
const minorUnits = z.int().min(0);

/** How the customer is found. `content` is the full text of the customer's own code; `phoneNumber` is as a person types it, or MSISDN digits. */
export const customer = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("tillTag") }),
  z.strictObject({ by: z.literal("customerQr"), content: z.string().min(5).max(255).optional() }),
  z.strictObject({ by: z.literal("screenQr") }),
  z.strictObject({ by: z.literal("phone"), phoneNumber: line(1, 40) }),
]);

/** Lines of the receipt, passed on to the customer's app. Amounts in minor units, `taxRate` in hundredths of a percent. */
const orderLine = z.strictObject({
  id: z.string().min(1).max(255),
  name: z.string().min(1).max(2048),
  totalAmount: z.int(),
  totalAmountExcludingTax: z.int(),
  totalTaxAmount: z.int(),
  taxRate: z.int().min(0).max(10_000),
  unitInfo: z
    .strictObject({
      unitPrice: z.int().min(0).optional(),
      quantity: z
        .string()
        .regex(/^\d+(\.\d{1,8})?$/)
        .max(10),
      quantityUnit: z.enum(["PCS", "KG", "KM", "MINUTE", "LITRE", "KWH"]),
    })
    .optional(),
  discount: z.int().min(0).optional(),
  isReturn: z.boolean().optional(),
});
export const receipt = z.strictObject({
  orderLines: z.array(orderLine).min(1).max(200),
  bottomLine: z.strictObject({
    currency,
    posId: z.string().max(64).optional(),
    receiptNumber: z.string().max(64).optional(),
    barcode: z
      .strictObject({ format: z.enum(["EAN-13", "CODE 39", "CODE 128"]), data: z.string().max(100) })
      .optional(),
  }),
});

export const paymentState = z.enum([
  "waitingForCustomer",
  "requesting",
  "waitingForApproval",
  "capturing",
  "paid",
  "completed",
  "cancelling",
  "cancelled",
  "rejected",
  "expired",
  "failed",
  "needsDecision",
  "refunding",
  "refunded",
]);
export const refundState = z.enum(["refunding", "refunded", "failed"]);
/** `settled`: a person has settled it outside the till; no money moves here. */
/** One of several purchases with the same receipt number: `data.candidates` of `RECEIPT_NOT_UNIQUE`. `at`: when it was started. */
export const receiptCandidate = z.strictObject({ paymentId: clientMadeId, amount: money, at: time });
export const decision = z.enum(["refund", "reRing", "settled"]);

/** Why MobilePay did not do it: our code, words for the cashier, what MobilePay says of single fields, and its own code, where it gave them. */
export const failure = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  reason: z.string().optional(),
  mobilePayCode: z.string().optional(),
});

export const paymentView = z.strictObject({
  paymentId: clientMadeId,
  saleId,
  reference: z.string(),
  state: paymentState,
  amount: money,
  customerBy: z.enum(["tillTag", "customerQr", "screenQr", "phone"]),
  screenQr: z.strictObject({ content: z.string() }).optional(),
  authorized: minorUnits,
  captured: minorUnits,
  refunded: minorUnits,
  cancelled: minorUnits,
  /** What can still be refunded: captured, less what was refunded here and elsewhere, less refunds under way. */
  left: minorUnits,
  /** Set where MobilePay has another amount or currency under this reference. */
  amountAtMobilePay: money.optional(),
  failure: failure.optional(),
  receiptNumber: receiptNumber.optional(),
  decision: decision.optional(),
  /** Set while MobilePay does not answer about this payment. */
  contactLost: z.literal(true).optional(),
  /** The check-in this payment was sent to: how old it was then, in seconds by MobilePay's time. */
  checkIn: z.strictObject({ ageSeconds: z.number(), others: z.int().min(0) }).optional(),
  startedAt: time,
  updatedAt: time,
});

export const refundView = z.strictObject({
  refundId: clientMadeId,
  paymentId: clientMadeId,
  reference: z.string(),
  amount: money,
  state: refundState,
  reason: shortText.optional(),
  failure: failure.optional(),
  startedAt: time,
  updatedAt: time,
});

export const recoveryItem = z.strictObject({
  paymentId: clientMadeId,
  situation: z.enum([
    "paidWithoutReceipt",
    "approvedNotCaptured",
    "checking",
    /** Approved, the receipt may be made, and MobilePay does not take the money. */
    "captureFailing",
    /** A receipt was made, and MobilePay has not given the money. */
    "receiptWithoutMoney",
    /** Others captured, cancelled or refunded a part, so that the till cannot go on by itself. */
    "changedElsewhere",
    /** MobilePay has another amount or currency under this reference. */
    "amountDiffers",
    /** The till cannot read its own rows of the payment. */
    "unreadable",
  ]),
  decision: decision.optional(),
  resolved: z.boolean(),
  payment: paymentView,
  choices: z.array(decision),
  recommended: decision.optional(),
  /** Money is reserved and not taken: MobilePay lets go of it then. By the till's clock. */
  captureBefore: time.optional(),
  /** Set when that is less than three days ahead, or past. */
  captureNear: z.literal(true).optional(),
});

export const terminal = z.strictObject({
  terminalId: z.string(),
  merchantSerialNumber: z.string(),
  tagId: z.string(),
  tagContent: z.string(),
  locationDescription: z.string(),
  registeredAt: time,
});
export const paymentMethod = z.strictObject({
  displayName: line(1, 60),
  account: line(0, 40),
  useInTill: z.boolean(),
  quickButton: z.boolean(),
});
export const tillView = z.strictObject({
  tillId: z.string(),
  name: z.string(),
  brand: z.string(),
  paired: z.boolean(),
  terminal: terminal.optional(),
  paymentMethod,
});

export const deviceView = z.strictObject({
  deviceId: z.string(),
  kind: z.enum(["scanner", "nfc"]),
  driver: z.string(),
  name: z.string(),
  state: z.enum(["connecting", "ready", "lost", "failed"]),
  detail: z.string().optional(),
  lastSeenAt: time.optional(),
  /** Since the daemon started. */
  statistics: z
    .strictObject({
      reads: z.int(),
      errors: z.int(),
      losses: z.int(),
      /** Milliseconds from the device to the event, of the last reads. */
      latencyMs: z.strictObject({ p50: z.number(), p99: z.number() }).optional(),
    })
    .optional(),
});

/** What switches scanners that type as if they were keyboards. `typing`: makers of those that are plugged in now. */
export const consoleScanners = z.strictObject({
  typing: z.array(z.string()),
  makers: z.array(
    z.strictObject({
      maker: z.string(),
      /** As the maker calls it, and the driver that reads the scanner then. */
      mode: z.string(),
      driver: z.string(),
      /** What is printed below the code. */
      code: z.string().optional(),
      /** The code's text behind an FNC3, to be drawn as Code 128. */
      drawn: z.string().optional(),
      book: z.string(),
      chapter: z.string(),
    }),
  ),
});

/** What the till's own console shows about who is connected. */
export const consoleOverview = z.strictObject({
  /** Pages and programs that are connected now, consoles not counted. */
  connected: z.int().min(0),
  system: z.strictObject({ node: z.string(), platform: z.string() }),
  clients: z.array(
    z.strictObject({
      clientId: z.string(),
      name: z.string(),
      origin: z.string().optional(),
      rights: z.array(right),
      since: time,
    }),
  ),
  requests: z.array(
    z.strictObject({
      requestId: z.string(),
      name: z.string(),
      origin: z.string(),
      /** As the page that asks shows it. */
      code: z.string().optional(),
      until: time,
    }),
  ),
});

/** A record of the log, safe to show. `fields`: what stood beside the message, as text. */
export const logRecord = z.strictObject({
  at: z.string(),
  level: z.enum(["debug", "info", "warn", "error"]),
  component: z.string().optional(),
  message: z.string(),
  fields: z.string().optional(),
});
/** `failed`: no new payment is started. `detail` is for a person. */
export const journalHealth = z.strictObject({ state: z.enum(["ok", "failed"]), detail: z.string().optional() });

/**
 * Why MobilePay cannot be used: `code` is the error that calls meet meanwhile, `reason` never changes its meaning, the rest is for a
 * person. `issuer`: whose certificate stands in for MobilePay's.
 */
const mobilePayTrouble = z.strictObject({
  code: z.enum(["KEYS_REFUSED", "MOBILEPAY_UNREACHABLE"]),
  reason: z.enum([
    "keysRefused",
    "noName",
    "noRoute",
    "refused",
    "noAnswer",
    "brokenOff",
    "unknownIssuer",
    "notYetValid",
    "expired",
    "wrongName",
    "notTrusted",
    "proxyAway",
    "proxyLogin",
    "proxyRefuses",
    "ownCertificates",
    "failing",
    "stranger",
  ]),
  message: z.string(),
  hint: z.string(),
  issuer: z.string().optional(),
});
/** The line to MobilePay, as the last call found it; dead keys stay the trouble until they are accepted. */
export const mobilePayHealth = z.strictObject({
  state: z.enum(["unknown", "reachable", "unreachable"]),
  lastAnswerAt: time.optional(),
  trouble: mobilePayTrouble.optional(),
});

export const meaning = z.enum(["product", "customerQr", "tillTag", "unknown"]);
export const texts = { saleId, receiptNumber, shortText, time };

export type Currency = z.infer<typeof currency>;
export type Money = z.infer<typeof money>;
export type Customer = z.infer<typeof customer>;
export type Receipt = z.infer<typeof receipt>;
export type PaymentState = z.infer<typeof paymentState>;
export type RefundState = z.infer<typeof refundState>;
export type ReceiptCandidate = z.infer<typeof receiptCandidate>;
export type Decision = z.infer<typeof decision>;
export type Failure = z.infer<typeof failure>;
export type PaymentView = z.infer<typeof paymentView>;
export type RefundView = z.infer<typeof refundView>;
export type RecoveryItem = z.infer<typeof recoveryItem>;
export type Terminal = z.infer<typeof terminal>;
export type PaymentMethod = z.infer<typeof paymentMethod>;
export type TillView = z.infer<typeof tillView>;
export type DeviceView = z.infer<typeof deviceView>;
export type ConsoleScanners = z.infer<typeof consoleScanners>;
export type ConsoleOverview = z.infer<typeof consoleOverview>;
export type LogRecord = z.infer<typeof logRecord>;
export type MobilePayTrouble = z.infer<typeof mobilePayTrouble>;
export type MobilePayLine = z.infer<typeof mobilePayHealth>;
export type Meaning = z.infer<typeof meaning>;
