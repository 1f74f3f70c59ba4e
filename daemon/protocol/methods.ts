import * as z from "zod";
import { eventTable } from "./events.ts";
import { right } from "./rights.ts";
import * as values from "./values.ts";

const { clientMadeId, texts } = values;
const nothing = z.strictObject({});
const limit = z.int().min(1).max(500);

/** An event as `events.replay` gives it. */
const replayedEvent = z.strictObject({
  event: z.enum(Object.keys(eventTable) as [string, ...string[]]),
  params: z.looseObject({ seq: z.int(), at: texts.time }),
});

/** One row per method: what goes in, what comes out, and what it is for. Types, validation and OpenRPC come from here. */
export const methodTable = {
  "session.hello": row(
    {
      protocol: z.strictObject({ min: z.int().min(1), max: z.int().min(1) }),
      client: z.strictObject({ name: texts.shortText, version: texts.shortText }),
      token: z.string().max(200).optional(),
      locale: z.string().max(35).optional(),
      afterSeq: z.int().min(0).optional(),
      till: z.strictObject({ tillId: z.string().max(64).optional(), tagId: z.string().max(255).optional() }).optional(),
    },
    z.strictObject({
      protocol: z.int(),
      daemon: z.strictObject({ name: z.literal("tillbridge"), version: z.string() }),
      till: values.tillView,
      seq: z.int(),
      recovery: z.strictObject({ open: z.int() }),
      capabilities: z.array(z.string()),
      rights: z.array(right),
      gap: z.boolean().optional(),
    }),
    "Say who is calling, agree on a protocol version, and get what was missed since `afterSeq`. Always the first message. With `till` the page says which till and tag it was set up for: on another one it is refused with `WRONG_TILL`.",
  ),
  "session.requestAccess": row(
    { client: z.strictObject({ name: texts.shortText }) },
    z.strictObject({ token: z.string() }),
    "Ask for a token: a code is shown at once by `session.accessCode`; the answer comes when a person has approved it at the till.",
  ),
  "console.open": row(
    { code: z.string().min(1).max(20) },
    z.strictObject({ token: z.string() }),
    "Open the till's own console with the code that `tillbridge console` shows. First message, like `session.hello`; for the page at the till's own address only, as are all methods of `console`.",
  ),
  "console.close": row({}, z.strictObject({ closed: z.literal(true) }), "Lock the console: its token is void."),
  "console.overview": row({}, values.consoleOverview, "Who is connected, who may connect, and who asks to."),
  "console.decideAccess": row(
    { requestId: texts.shortText, approve: z.boolean(), rights: z.array(right).max(4).optional() },
    z.strictObject({ outcome: z.enum(["approved", "refused", "gone"]) }),
    "A person has compared the code on the page that asks, and lets it in or not. `rights`: what it may do; left out, everything.",
  ),
  "console.revoke": row(
    { clientId: texts.shortText },
    z.strictObject({ revoked: z.boolean() }),
    "Take a client's access away. Its connections close.",
  ),
  "console.scanners": row(
    {},
    values.consoleScanners,
    "What switches scanners that type as if they were keyboards, by maker, and which of them are plugged in.",
  ),
  "console.log": row(
    {},
    z.strictObject({ records: z.array(values.logRecord) }),
    "The newest records of the log, without secrets, file names and phone numbers.",
  ),
  "till.get": row({}, values.tillView, "The till, its tag and its payment method."),
  "paymentMethod.set": row(
    values.paymentMethod.partial().shape,
    values.tillView,
    "Change the payment method's settings. Kept on disk.",
  ),
  "pairing.start": row(
    { timeoutSeconds: z.int().min(5).max(600).optional() },
    z.strictObject({ pairing: z.literal("listening") }),
    "Take the next scan or tap as the till's tag.",
  ),
  "pairing.cancel": row({}, z.strictObject({ pairing: z.literal("idle") }), "Stop listening for the till's tag."),
  "pairing.register": {
    params: z.union([
      z.strictObject({ tag: z.string().min(1).max(500), locationDescription: z.string().min(1).max(36) }),
      z.strictObject({ create: z.literal(true), locationDescription: z.string().min(1).max(36) }),
    ]),
    result: values.tillView,
    summary: "Register the till's tag with MobilePay, or create a new code. Once is enough; repeating is harmless.",
  },
  "pairing.remove": row({}, values.tillView, "Forget the till's tag."),
  "payment.start": row(
    {
      paymentId: clientMadeId,
      sale: z.strictObject({ saleId: texts.saleId, total: values.money }),
      amount: values.money,
      customer: values.customer,
      description: z.string().min(3).max(100).optional(),
      receipt: values.receipt.optional(),
    },
    values.paymentView,
    "Start a payment, or take it up again by repeating the call with the same id and body.",
  ),
  "payment.get": row({ paymentId: clientMadeId }, values.paymentView, "One payment."),
  "payment.list": row(
    {
      saleId: texts.saleId.optional(),
      receiptNumber: texts.receiptNumber.optional(),
      state: values.paymentState.optional(),
      from: texts.time.optional(),
      to: texts.time.optional(),
      limit: limit.optional(),
      cursor: z.string().max(40).optional(),
    },
    z.strictObject({ payments: z.array(values.paymentView), cursor: z.string().optional() }),
    "Payments, newest first.",
  ),
  "payment.cancel": row({ paymentId: clientMadeId }, values.paymentView, "Withdraw a payment that is not yet paid."),
  "payment.complete": row(
    { paymentId: clientMadeId, receiptNumber: texts.receiptNumber },
    values.paymentView,
    "The POS has made the receipt: the sale is done.",
  ),
  "refund.start": {
    params: z
      .strictObject({
        refundId: clientMadeId,
        paymentId: clientMadeId.optional(),
        receiptNumber: texts.receiptNumber.optional(),
        reference: z
          .string()
          .regex(/^[a-zA-Z0-9-]{8,64}$/)
          .optional(),
        amount: values.money,
        reason: texts.shortText.optional(),
      })
      .refine((it) => [it.paymentId, it.receiptNumber, it.reference].filter(Boolean).length === 1, {
        error: "give exactly one of paymentId, receiptNumber and reference",
      }),
    result: values.refundView,
    summary:
      "Refund a purchase made with MobilePay, whole or in part. It is named by exactly one of `paymentId`, `receiptNumber` and `reference`.",
  },
  "refund.get": row({ refundId: clientMadeId }, values.refundView, "One refund."),
  "recovery.list": row(
    {},
    z.strictObject({ items: z.array(values.recoveryItem) }),
    "Payments that are being looked up or need a person's decision.",
  ),
  "recovery.resolve": row(
    {
      paymentId: clientMadeId,
      decision: values.decision,
      decidedBy: texts.shortText.optional(),
      reason: texts.shortText.optional(),
      saleId: texts.saleId.optional(),
    },
    values.recoveryItem,
    "Decide: give the money back, or use the paid transaction for the sale rung up anew.",
  ),
  "checkIn.notify": row(
    {
      customerToken: z.string().min(1).max(2000),
      merchantQrId: z.string().min(1).max(255),
      msn: z.string().regex(/^[0-9]{4,10}$/),
      initiatedAt: z.iso.datetime({ offset: true }),
    },
    z.strictObject({ accepted: z.boolean() }),
    "Hand in a customer's check-in that the shop's own server received from MobilePay.",
  ),
  "device.list": row({}, z.strictObject({ devices: z.array(values.deviceView) }), "The till's devices."),
  "device.claim": row(
    {},
    z.strictObject({ claim: z.enum(["held", "waiting"]), sessionId: z.string() }),
    "Have what the devices read to this page alone. `waiting`: another page has it; when that one lets go or is gone, the next in line gets it and `device.claimChanged` names its `sessionId`. Ends with the connection: claim again after each hello.",
  ),
  "device.release": row({}, z.strictObject({ claim: z.literal("none") }), "Let go of the devices, or leave the line."),
  "events.replay": row(
    { afterSeq: z.int().min(0), limit: limit.optional() },
    z.strictObject({ events: z.array(replayedEvent), gap: z.boolean() }),
    "Events after a sequence number.",
  ),
  "health.get": row(
    {},
    z.strictObject({
      status: z.enum(["ok", "degraded"]),
      version: z.string(),
      uptimeSeconds: z.number(),
      journal: values.journalHealth,
      mobilePay: z.strictObject({
        state: z.enum(["unknown", "reachable", "unreachable"]),
        lastAnswerAt: texts.time.optional(),
      }),
      checkIn: z.strictObject({
        mode: z.enum(["frontend", "webhook", "mqtt"]),
        state: z.enum(["ready", "connecting", "notRegistered"]),
      }),
      clock: z.strictObject({ skewSeconds: z.number().optional() }),
      devices: z.array(values.deviceView),
      recovery: z.strictObject({ open: z.int() }),
    }),
    "How the till's program is doing.",
  ),
  "rpc.discover": row({}, z.looseObject({ openrpc: z.string() }), "The OpenRPC document of this daemon."),
} as const;

function row<Shape extends z.ZodRawShape, Result extends z.ZodType>(shape: Shape, result: Result, summary: string) {
  return {
    params:
      Object.keys(shape).length === 0
        ? (nothing as unknown as z.ZodObject<Shape, z.core.$strict>)
        : z.strictObject(shape),
    result,
    summary,
  };
}

/** The one notification that is sent before a session exists: the code a person approves at the till. */
export const accessCodeParams = z.strictObject({ code: z.string() });

export type MethodName = keyof typeof methodTable;
export type Params<Name extends MethodName> = z.infer<(typeof methodTable)[Name]["params"]>;
export type Result<Name extends MethodName> = z.infer<(typeof methodTable)[Name]["result"]>;
