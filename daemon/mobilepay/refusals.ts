import type { GatewayAnswer, NotFound, Refused, Unknown } from "../payments/ports/gateway.ts";
import { assertNever } from "../protocol/errors.ts";
import type { ClientError } from "./answers.ts";
import { failureOf, type PaymentOperation, reactionTo } from "./errors.ts";
import { mobilePayErrorCodes } from "./error-codes.ts";

/** How a call ended. `askFirst`: a refusal that may be the echo of an earlier request of ours which went through. */
export type CallResult<Value> = GatewayAnswer<Value> | NotFound | AskFirst;
export type MobilePayRefusal = Refused | Unknown | NotFound | AskFirst;

interface AskFirst {
  readonly kind: "askFirst";
  readonly refused: Refused;
}

export const unreachable: Unknown = { kind: "unknown", why: "unreachable" };
export const nonsense: Unknown = { kind: "unknown", why: "nonsense" };
const busy: Unknown = { kind: "unknown", why: "busy" };

/** What a 4xx means for this operation. A question cannot be refused: then nothing was learnt. */
export function refusalOf(no: ClientError, operation: PaymentOperation): MobilePayRefusal {
  const code = no.problem?.codes[0];
  const refusal = code === undefined ? withoutCode(no, operation) : withCode(code, no, operation);
  const isQuestion = operation === "look" || operation === "events";
  return isQuestion && (refusal.kind === "refused" || refusal.kind === "askFirst") ? nonsense : refusal;
}

function withCode(code: number, { problem }: ClientError, operation: PaymentOperation): MobilePayRefusal {
  const failure = failureOf(code, operation, problem?.reason);
  const refused: Refused = { kind: "refused", failure, mobilePayCode: code };
  const reaction = reactionTo(code, operation);
  switch (reaction) {
    case "refused":
      return refused;
    case "wait":
      return busy;
    case "notFound":
      return { kind: "notFound" };
    case "askFirst":
      return { kind: "askFirst", refused };
    default:
      return assertNever(reaction);
  }
}

/** 403 comes before idempotency and may be a network's; a 409 without a reason may be our own request, still at work. */
function withoutCode({ status, problem }: ClientError, operation: PaymentOperation): MobilePayRefusal {
  if (status === 403) return unreachable;
  if (!problem) return nonsense;
  if (status === 404 && operation !== "create")
    return reactionTo(mobilePayErrorCodes.referenceNotFound, operation) === "notFound"
      ? { kind: "notFound" }
      : refusedAs(mobilePayErrorCodes.referenceNotFound, operation);
  if (status === 409) return busy;
  return { kind: "refused", failure: failureOf(undefined, operation, problem.reason) };
}

function refusedAs(code: number, operation: PaymentOperation): Refused {
  return { kind: "refused", failure: failureOf(code, operation), mobilePayCode: code };
}
