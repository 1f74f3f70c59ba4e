import * as z from "zod";
import { type FaultPlan, operations } from "../faults.ts";

// Bodies of the control calls under /simulator. Unknown fields are refused.

const effect = z.exactOptional(z.enum(["none", "done"]));
const milliseconds = z.int().min(0).max(3_600_000);

const fault = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("lostBefore") }),
  z.strictObject({ kind: z.literal("lostAfter") }),
  z.strictObject({ kind: z.literal("slow"), ms: milliseconds, at: z.exactOptional(z.enum(["request", "answer"])) }),
  z.strictObject({ kind: z.literal("trickle"), msPerByte: z.exactOptional(milliseconds) }),
  z.strictObject({
    kind: z.literal("status"),
    status: z.union(
      [401, 403, 423, 429, 500, 502, 503, 504].map((status) =>
        z.literal(status as 401 | 403 | 423 | 429 | 500 | 502 | 503 | 504),
      ),
    ),
    retryAfterSeconds: z.exactOptional(z.int().min(0)),
    effect,
  }),
  z.strictObject({ kind: z.literal("html"), effect }),
  z.strictObject({ kind: z.literal("emptyBody") }),
  z.strictObject({ kind: z.literal("wrongReference") }),
  z.strictObject({ kind: z.literal("wrongAmount") }),
  z.strictObject({ kind: z.literal("wrongCurrency") }),
  z.strictObject({ kind: z.literal("stateBackwards") }),
  z.strictObject({ kind: z.literal("duplicatedWebhook") }),
  z.strictObject({ kind: z.literal("redirect"), location: z.exactOptional(z.string()) }),
]);

/** Every kind of fault that can be planned. */
export const faultKinds: readonly string[] = fault.options.map((option) => option.shape.kind.value);

/** `POST /simulator/faults`. */
export const planFault = z.strictObject({
  operation: z.enum(["any", ...operations]),
  fault,
  call: z.exactOptional(z.int().min(1)),
  times: z.exactOptional(z.int().min(1)),
  probability: z.exactOptional(z.number().min(0).max(1)),
}) satisfies z.ZodType<FaultPlan>;

/** `POST /simulator/clock`. */
export const moveClock = z.strictObject({
  advanceMs: z
    .int()
    .min(0)
    .max(400 * 86_400_000),
});

/** `POST /simulator/phone/scan`: any text that a phone's camera may read, or the id of a registered tag. */
export const scanCode = z.strictObject({ phoneNumber: z.string(), content: z.string().max(2000) });

/** `POST /simulator/phone/approve`, `refuse`, `begin` and `finish`. */
export const tapPayment = z.strictObject({ reference: z.string(), phoneNumber: z.exactOptional(z.string()) });

/** `POST /simulator/portal/capture`, `cancel` and `refund`. `amountMinor`: a part; a cancellation takes none. */
export const actInPortal = z.strictObject({
  reference: z.string(),
  amountMinor: z.exactOptional(z.int().min(1)),
});

/** `POST /simulator/merchant-qrs`: a code that may belong to another shop. */
export const plantMerchantQr = z.strictObject({
  merchantSerialNumber: z.string(),
  merchantQrId: z.string(),
  locationDescription: z.string().max(36),
});

/** `POST /simulator/ledger`: any type, since new ones are added without notice. */
export const bookEntry = z.strictObject({
  entryType: z.string().regex(/^[a-z-]{1,50}$/),
  amount: z.int().min(-1_000_000_000).max(1_000_000_000),
  reference: z.exactOptional(z.string().max(64)),
});

/** Calls that take nothing. */
export const nothing = z.strictObject({});
