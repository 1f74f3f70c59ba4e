import * as z from "zod";

// Schemas of accepted request bodies, after ePayment v1.8.1, QR v1 and Webhooks v1 (2026-04). The platform refuses unknown fields,
// hence strict objects.

const reference = z.string().regex(/^[a-zA-Z0-9-]{8,64}$/);
const minorUnits = z.int();
const notNegative = z.int().min(0);

const currency = z.enum(["NOK", "DKK", "EUR", "SEK", "USD", "GBP"]);
const money = z.strictObject({ currency, value: z.int().min(0).max(65_000_000) });

/** An amount as the platform writes it: minor units. */
export type PlatformMoney = z.infer<typeof money>;

const customer = z
  .strictObject({
    phoneNumber: z
      .string()
      .regex(/^\d{9,15}$/)
      .optional(),
    personalQr: z.string().min(5).max(255).optional(),
    customerToken: z.string().optional(),
  })
  .refine(
    (value) => Object.keys(value).length === 1,
    "Exactly one of phoneNumber, personalQr and customerToken is needed.",
  );

const orderLine = z
  .strictObject({
    name: z.string(),
    id: z.string(),
    totalAmount: minorUnits,
    totalAmountExcludingTax: minorUnits,
    totalTaxAmount: minorUnits,
    taxPercentage: z.int().min(0).max(100).nullish(),
    taxRate: z.int().min(0).max(10_000).nullish(),
    unitInfo: z
      .strictObject({
        unitPrice: notNegative.nullable(),
        quantity: z
          .string()
          .max(10)
          .regex(/^\d+([.]\d{1,8})?$/),
        quantityUnit: z.enum(["PCS", "KG", "KM", "MINUTE", "LITRE", "KWH"]).nullish(),
      })
      .optional(),
    discount: notNegative.nullish(),
    productUrl: z.string().nullish(),
    isReturn: z.boolean().nullish(),
    isShipping: z.boolean().nullish(),
  })
  .refine(
    (line) => (line.taxRate ?? line.taxPercentage ?? null) !== null,
    "Either taxRate or taxPercentage must be set.",
  );

const bottomLine = z.strictObject({
  currency,
  tipAmount: notNegative.nullish(),
  giftCardAmount: notNegative.nullish(),
  posId: z.string().nullish(),
  totalAmount: minorUnits.nullish(),
  totalTax: notNegative.nullish(),
  totalDiscount: notNegative.nullish(),
  shippingAmount: notNegative.nullish(),
  shippingInfo: z
    .strictObject({
      amount: notNegative.nullable(),
      amountExcludingTax: notNegative.nullable(),
      taxAmount: notNegative.nullable(),
      taxPercentage: z.int().min(0).max(100).nullable(),
    })
    .optional(),
  paymentSources: z
    .strictObject({
      giftCard: minorUnits.nullish(),
      card: minorUnits.nullish(),
      voucher: minorUnits.nullish(),
      cash: minorUnits.nullish(),
    })
    .optional(),
  barcode: z
    .strictObject({ format: z.enum(["EAN-13", "CODE 39", "CODE 128"]).nullable(), data: z.string().nullable() })
    .optional(),
  receiptNumber: z.string().nullish(),
  terminalId: z.string().nullish(),
});

/** Body of `POST /epayment/v1/payments`: schema `CreatePaymentRequest`. Metadata limits have codes of their own. */
export const createPayment = z.strictObject({
  amount: money,
  customer: customer.optional(),
  minimumUserAge: z.int().min(0).max(100).nullish(),
  customerInteraction: z.enum(["CUSTOMER_PRESENT", "CUSTOMER_NOT_PRESENT"]).optional(),
  industryData: z.looseObject({}).optional(),
  paymentMethod: z.strictObject({
    type: z.enum(["WALLET", "CARD", "CARD_PASSTHROUGH"]),
    blockedSources: z.array(z.enum(["COMMERCIAL_CARDS"])).optional(),
  }),
  profile: z.strictObject({ scope: z.string().optional() }).optional(),
  reference,
  returnUrl: z.string().max(2500).optional(),
  userFlow: z.enum(["PUSH_MESSAGE", "NATIVE_REDIRECT", "WEB_REDIRECT", "QR"]),
  expiresAt: z.iso.datetime({ offset: true }).nullish(),
  qrFormat: z
    .strictObject({
      format: z.enum(["TEXT/TARGETURL", "IMAGE/SVG+XML", "IMAGE/PNG"]),
      size: z.int().min(100).max(2000).nullish(),
    })
    .nullish(),
  paymentDescription: z.string().min(3).max(100).optional(),
  receipt: z.strictObject({ orderLines: z.array(orderLine).min(1), bottomLine }).optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  receiptUrl: z.string().nullish(),
  shipping: z.looseObject({}).optional(),
  cardPassthrough: z.looseObject({}).optional(),
});

/** A create request whose form is right. */
export type CreatePaymentRequest = z.infer<typeof createPayment>;

/** Body of capture and refund. */
export const modifyPayment = z.strictObject({ modificationAmount: money });

/** Body of cancel; an empty body counts as `{}`. */
export const cancelPayment = z.strictObject({ cancelTransactionOnly: z.boolean().optional() });

/** Body of force approve, which exists in the test environment only. */
export const forceApprove = z.strictObject({ customer: customer.optional(), token: z.string().optional() });

/** Body of `PUT /qr/v1/merchant-callback/{merchantQrId}`. `category` is in the guide, not in the 2024 schema. */
export const putMerchantQr = z.strictObject({
  locationDescription: z.string().max(36),
  category: z.enum(["IN_STORE", "VENDING"]).optional(),
});

/** Body of `PUT /qr/v1/merchant-callback/mobilepay/{beaconId}`. */
export const putMobilePayQr = z.strictObject({ locationDescription: z.string().max(36) });

/** Body of `POST /webhooks/v1/webhooks`. */
export const registerWebhook = z.strictObject({ url: z.url(), events: z.array(z.string()).min(1) });
