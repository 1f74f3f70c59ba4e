import * as z from "zod";
import {
  deviceView,
  journalHealth,
  meaning,
  mobilePayHealth,
  paymentView,
  recoveryItem,
  refundView,
  texts,
  tillView,
} from "./values.ts";

/** Who receives it: every page; or, while a page has claimed the devices, that page alone (now and when it is replayed) and the console. */
type Hearers = "all" | "claimHolder";

/** Every notification. `seq` and `at` are added to each. One row: who receives it, what is in it, and when it is sent. */
export const eventTable = {
  "payment.changed": row("all", { payment: paymentView }, "A payment took a step."),
  "refund.changed": row("all", { refund: refundView }, "A refund took a step."),
  "recovery.changed": row(
    "all",
    { item: recoveryItem },
    "A payment needs a decision, or a decision was made or carried out.",
  ),
  "till.changed": row("all", { till: tillView }, "The till was paired or unpaired, or its payment method was changed."),
  "pairing.tagRead": row(
    "all",
    { source: z.enum(["scanner", "nfc"]), tagId: z.string(), content: z.string(), format: z.string() },
    "While pairing listens: the till's tag was read.",
  ),
  "pairing.tagRefused": row(
    "all",
    { source: z.enum(["scanner", "nfc"]), content: z.string(), meaning, message: z.string() },
    "While pairing listens: something else than a till's tag was read.",
  ),
  "checkIn.received": row(
    "all",
    { waiting: z.boolean(), others: z.int().min(0) },
    "A customer scanned the till's tag. `waiting`: a payment was waiting for it; else it is kept for the next sale, for a short time. `others`: how many more customers have scanned it for the same sale; the newest counts.",
  ),
  "scan.read": row(
    "claimHolder",
    {
      deviceId: z.string(),
      data: z.string(),
      symbology: z.string().optional(),
      aim: z.string().optional(),
      gs1: z.record(z.string(), z.string()).optional(),
      meaning,
      handledBy: z.enum(["payment", "pairing"]).optional(),
      repeated: z.literal(true).optional(),
    },
    "A barcode was scanned. `gs1`: the fields of a GS1 label by application identifier. `repeated`: the same label on the same scanner less than 0.8 s before; probably one article that was read twice.",
  ),
  "nfc.read": row(
    "claimHolder",
    {
      deviceId: z.string(),
      uid: z.string(),
      atr: z.string().optional(),
      records: z.array(z.strictObject({ type: z.string(), value: z.string() })),
      meaning,
      handledBy: z.enum(["payment", "pairing"]).optional(),
      repeated: z.literal(true).optional(),
    },
    "An NFC tag was held to the reader. `repeated`: the same tag on the same reader less than 0.8 s before.",
  ),
  "journal.changed": row(
    "all",
    { journal: journalHealth },
    "The journal can no longer be written, or can be again, or there is something a person should know about it. While its state is `failed` no new payment is started.",
  ),
  "mobilePay.changed": row(
    "all",
    { mobilePay: mobilePayHealth },
    "MobilePay is reached, or no longer, or something else keeps it from being used. `trouble` says what, and what to do: while its code is `KEYS_REFUSED` nothing can be sold.",
  ),
  "device.changed": row("all", { device: deviceView }, "A device came, went or failed."),
  "device.claimChanged": row(
    "all",
    { holder: z.strictObject({ sessionId: z.string(), client: z.string() }).optional() },
    "Another page has the devices now, by `device.claim`. Without `holder`: every page hears them again.",
  ),
} as const;

function row<Shape extends z.ZodRawShape>(hearers: Hearers, shape: Shape, summary: string) {
  return { hearers, params: z.strictObject(shape), summary };
}

/** Added to every event: `seq` only grows, across restarts too; `at` is RFC 3339 UTC. */
export const eventStamp = z.strictObject({ seq: z.int(), at: texts.time });

export type EventName = keyof typeof eventTable;
export type EventParams<Name extends EventName> = z.infer<(typeof eventTable)[Name]["params"]>;
/** An event as it happens inside the daemon, before it is numbered. */
export type BridgeEvent = { [Name in EventName]: { event: Name; params: EventParams<Name> } }[EventName];
/** An event as a page receives it. */
export type StampedEvent = {
  [Name in EventName]: { event: Name; params: EventParams<Name> & { seq: number; at: string } };
}[EventName];
