import * as z from "zod";
import { eventTable } from "./events.ts";
import { type Right, right } from "./rights.ts";
import * as values from "./values.ts";

const { clientMadeId, texts } = values;
const nothing = z.strictObject({});
const limit = z.int().min(1).max(500);

/** An event as `events.replay` gives it. */
const replayedEvent = z.strictObject({
  event: z.enum(Object.keys(eventTable) as [string, ...string[]]),
  params: z.looseObject({ seq: z.int(), at: texts.time }),
});

/** The short columns of a row. */
interface Columns {
  /** What a client needs to call it. `none` also for the console's own methods: a person who has opened the console may call them. */
  readonly right: Right | "none";
  /** `pages`: POS pages and programs. `console`: the till's own console. `all`: both. */
  readonly callers: "pages" | "console" | "all";
  /**
   * Whose handler it is. `session`: the connection itself, before a client is admitted. `server`: about connections and events.
   * `till`: payments, pairing and devices. `console`: access and what the console shows.
   */
  readonly answeredBy: "session" | "server" | "till" | "console";
  /**
   * It changes nothing, or carries an id that the POS made and that the daemon has on disk: sending it again after a dropped
   * connection cannot do anything twice, and the client does so by itself.
   */
  readonly repeatable: boolean;
}

/**
 * One row per method: all that is known of it, except the handler. Types, validation, rights, OpenRPC and the reference page come
 * from here; a handler that is missing does not compile.
 *
 * The till's own console looks, pairs and decides. It never starts, completes or refunds a sale: the person before it may be the
 * cashier, and the POS would know nothing of it.
 */
export const methodTable = {
  "session.hello": row(
    { right: "none", callers: "all", answeredBy: "session", repeatable: false },
    z.strictObject({
      protocol: z.strictObject({ min: z.int().min(1), max: z.int().min(1) }),
      client: z.strictObject({ name: texts.shortText, version: texts.shortText }),
      token: z.string().max(200).optional(),
      locale: z.string().max(35).optional(),
      afterSeq: z.int().min(0).optional(),
      till: z.strictObject({ tillId: z.string().max(64).optional(), tagId: z.string().max(255).optional() }).optional(),
    }),
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
    { right: "none", callers: "pages", answeredBy: "session", repeatable: false },
    z.strictObject({ client: z.strictObject({ name: texts.shortText }) }),
    z.strictObject({ token: z.string() }),
    "Ask for a token: a code is shown at once by `session.accessCode`; the answer comes when a person has approved it at the till.",
  ),
  "console.open": row(
    { right: "none", callers: "console", answeredBy: "session", repeatable: false },
    z.strictObject({ code: z.string().min(1).max(20) }),
    z.strictObject({ token: z.string() }),
    "Open the till's own console with the code that `tillbridge console` shows. First message, like `session.hello`; for the page at the till's own address only, as are all methods of `console`.",
  ),
  "console.close": row(
    { right: "none", callers: "console", answeredBy: "console", repeatable: false },
    nothing,
    z.strictObject({ closed: z.literal(true) }),
    "Lock the console: its token is void.",
  ),
  "console.overview": row(
    { right: "none", callers: "console", answeredBy: "console", repeatable: true },
    nothing,
    values.consoleOverview,
    "Who is connected, who may connect, and who asks to.",
  ),
  "console.decideAccess": row(
    { right: "none", callers: "console", answeredBy: "console", repeatable: false },
    z.strictObject({ requestId: texts.shortText, approve: z.boolean(), rights: z.array(right).max(4).optional() }),
    z.strictObject({ outcome: z.enum(["approved", "refused", "gone"]) }),
    "A person has compared the code on the page that asks, and lets it in or not. `rights`: what it may do; left out, everything.",
  ),
  "console.revoke": row(
    { right: "none", callers: "console", answeredBy: "console", repeatable: false },
    z.strictObject({ clientId: texts.shortText }),
    z.strictObject({ revoked: z.boolean() }),
    "Take a client's access away. Its connections close.",
  ),
  "console.scanners": row(
    { right: "none", callers: "console", answeredBy: "console", repeatable: false },
    nothing,
    values.consoleScanners,
    "What switches scanners that type as if they were keyboards, by maker, and which of them are plugged in.",
  ),
  "console.log": row(
    { right: "none", callers: "console", answeredBy: "console", repeatable: true },
    nothing,
    z.strictObject({ records: z.array(values.logRecord) }),
    "The newest records of the log, without secrets, file names and phone numbers.",
  ),
  "till.get": row(
    { right: "read", callers: "all", answeredBy: "till", repeatable: true },
    nothing,
    values.tillView,
    "The till, its tag and its payment method.",
  ),
  "paymentMethod.set": row(
    { right: "settings", callers: "pages", answeredBy: "till", repeatable: false },
    values.paymentMethod.partial(),
    values.tillView,
    "Change the payment method's settings. Kept on disk.",
  ),
  "pairing.start": row(
    { right: "settings", callers: "all", answeredBy: "till", repeatable: false },
    z.strictObject({ timeoutSeconds: z.int().min(5).max(600).optional() }),
    z.strictObject({ pairing: z.literal("listening") }),
    "Take the next scan or tap as the till's tag.",
  ),
  "pairing.cancel": row(
    { right: "settings", callers: "all", answeredBy: "till", repeatable: false },
    nothing,
    z.strictObject({ pairing: z.literal("idle") }),
    "Stop listening for the till's tag.",
  ),
  "pairing.register": row(
    { right: "settings", callers: "all", answeredBy: "till", repeatable: false },
    z.union([
      z.strictObject({ tag: z.string().min(1).max(500), locationDescription: z.string().min(1).max(36) }),
      z.strictObject({ create: z.literal(true), locationDescription: z.string().min(1).max(36) }),
    ]),
    values.tillView,
    "Register the till's tag with MobilePay, or create a new code. Once is enough; repeating is harmless.",
  ),
  "pairing.remove": row(
    { right: "settings", callers: "all", answeredBy: "till", repeatable: false },
    nothing,
    values.tillView,
    "Forget the till's tag.",
  ),
  "payment.start": row(
    { right: "sell", callers: "pages", answeredBy: "till", repeatable: true },
    z.strictObject({
      paymentId: clientMadeId,
      sale: z.strictObject({ saleId: texts.saleId, total: values.money }),
      amount: values.money,
      customer: values.customer,
      description: z.string().min(3).max(100).optional(),
      receipt: values.receipt.optional(),
    }),
    values.paymentView,
    "Start a payment, or take it up again by repeating the call with the same id and body.",
  ),
  "payment.get": row(
    { right: "read", callers: "all", answeredBy: "till", repeatable: true },
    z.strictObject({ paymentId: clientMadeId }),
    values.paymentView,
    "One payment.",
  ),
  "payment.list": row(
    { right: "read", callers: "all", answeredBy: "till", repeatable: true },
    z.strictObject({
      saleId: texts.saleId.optional(),
      receiptNumber: texts.receiptNumber.optional(),
      state: values.paymentState.optional(),
      from: texts.time.optional(),
      to: texts.time.optional(),
      limit: limit.optional(),
      cursor: z.string().max(40).optional(),
    }),
    z.strictObject({ payments: z.array(values.paymentView), cursor: z.string().optional() }),
    "Payments, newest first.",
  ),
  "payment.cancel": row(
    { right: "sell", callers: "pages", answeredBy: "till", repeatable: false },
    z.strictObject({ paymentId: clientMadeId }),
    values.paymentView,
    "Withdraw a payment that is not yet paid.",
  ),
  "payment.complete": row(
    { right: "sell", callers: "pages", answeredBy: "till", repeatable: true },
    z.strictObject({ paymentId: clientMadeId, receiptNumber: texts.receiptNumber }),
    values.paymentView,
    "The POS has made the receipt: the sale is done.",
  ),
  "refund.start": row(
    { right: "refund", callers: "pages", answeredBy: "till", repeatable: true },
    z
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
    values.refundView,
    "Refund a purchase made with MobilePay, whole or in part. It is named by exactly one of `paymentId`, `receiptNumber` and `reference`.",
  ),
  "refund.get": row(
    { right: "read", callers: "pages", answeredBy: "till", repeatable: true },
    z.strictObject({ refundId: clientMadeId }),
    values.refundView,
    "One refund.",
  ),
  "recovery.list": row(
    { right: "read", callers: "all", answeredBy: "till", repeatable: true },
    z.strictObject({ limit: limit.optional(), cursor: z.string().max(60).optional() }),
    z.strictObject({ items: z.array(values.recoveryItem), cursor: z.string().optional() }),
    "Payments that are being looked up or need a person's decision: what waits for a person first, 100 unless `limit` says otherwise. `cursor`: there are more; give it to the next call.",
  ),
  "recovery.resolve": row(
    { right: "sell", callers: "all", answeredBy: "till", repeatable: false },
    z.strictObject({
      paymentId: clientMadeId,
      decision: values.decision,
      decidedBy: texts.shortText.optional(),
      reason: texts.shortText.optional(),
      saleId: texts.saleId.optional(),
    }),
    values.recoveryItem,
    "Decide: give the money back, use the paid transaction for the sale rung up anew, or say that it is settled outside the till.",
  ),
  "checkIn.notify": row(
    { right: "sell", callers: "pages", answeredBy: "till", repeatable: false },
    z.strictObject({
      customerToken: z.string().min(1).max(2000),
      merchantQrId: z.string().min(1).max(255),
      msn: z.string().regex(/^[0-9]{4,10}$/),
      initiatedAt: z.iso.datetime({ offset: true }),
    }),
    z.strictObject({ accepted: z.boolean() }),
    "Hand in a customer's check-in that the shop's own server received from MobilePay.",
  ),
  "device.list": row(
    { right: "read", callers: "all", answeredBy: "till", repeatable: true },
    nothing,
    z.strictObject({ devices: z.array(values.deviceView) }),
    "The till's devices.",
  ),
  "device.claim": row(
    { right: "sell", callers: "pages", answeredBy: "server", repeatable: true },
    nothing,
    z.strictObject({ claim: z.enum(["held", "waiting"]), sessionId: z.string() }),
    "Have what the devices read to this page alone. `waiting`: another page has it; when that one lets go or is gone, the next in line gets it and `device.claimChanged` names its `sessionId`. Ends with the connection: claim again after each hello.",
  ),
  "device.release": row(
    { right: "sell", callers: "pages", answeredBy: "server", repeatable: true },
    nothing,
    z.strictObject({ claim: z.literal("none") }),
    "Let go of the devices, or leave the line.",
  ),
  "events.replay": row(
    { right: "read", callers: "all", answeredBy: "server", repeatable: true },
    z.strictObject({ afterSeq: z.int().min(0), limit: limit.optional() }),
    z.strictObject({ events: z.array(replayedEvent), gap: z.boolean() }),
    "Events after a sequence number.",
  ),
  "health.get": row(
    { right: "read", callers: "all", answeredBy: "till", repeatable: true },
    nothing,
    z.strictObject({
      status: z.enum(["ok", "degraded"]),
      version: z.string(),
      uptimeSeconds: z.number(),
      journal: values.journalHealth,
      mobilePay: values.mobilePayHealth,
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
  "rpc.discover": row(
    { right: "read", callers: "pages", answeredBy: "server", repeatable: true },
    nothing,
    z.looseObject({ openrpc: z.string() }),
    "The OpenRPC document of this daemon.",
  ),
};

function row<const Short extends Columns, Params extends z.ZodType, Result extends z.ZodType>(
  columns: Short,
  params: Params,
  result: Result,
  summary: string,
) {
  return { ...columns, params, result, summary };
}

/** The one notification that is sent before a session exists: the code a person approves at the till. */
export const accessCodeParams = z.strictObject({ code: z.string() });

export type MethodName = keyof typeof methodTable;
export type MethodRow = (typeof methodTable)[MethodName];
export type Params<Name extends MethodName> = z.infer<(typeof methodTable)[Name]["params"]>;
export type Result<Name extends MethodName> = z.infer<(typeof methodTable)[Name]["result"]>;
export type AnsweredBy = Columns["answeredBy"];
/** The names of the rows that say so. */
export type MethodAnsweredBy<Where extends AnsweredBy> = {
  [Name in MethodName]: (typeof methodTable)[Name]["answeredBy"] extends Where ? Name : never;
}[MethodName];
