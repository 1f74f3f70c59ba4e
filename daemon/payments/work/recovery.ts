import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { Decision, RecoveryItem } from "../../protocol/values.ts";
import { captureBefore, isCaptureNear } from "../payment/capture-period.ts";
import { canHappen } from "../payment/machine.ts";
import { isFinal, type Payment, type PaymentEvent } from "../payment/payment.ts";
import { choicesFor, recommended, situation } from "../payment/rules.ts";
import { paymentView } from "../payment/view.ts";
import type { PaymentProcess } from "./payment-process.ts";

/** Whether the payment stands on the recovery list: found open after a restart, or a person decides or has decided on it. */
export function isRecovery(process: PaymentProcess): boolean {
  if (isFinal(process.payment)) return false;
  return (
    process.recoveredAtStart || process.payment.state === "needsDecision" || process.payment.decision !== undefined
  );
}

export function recoveryItem(process: PaymentProcess): RecoveryItem {
  const { payment } = process;
  const choices = choicesOf(process);
  const advice = choices.length > 0 ? recommended(payment) : undefined;
  return {
    paymentId: payment.order.paymentId,
    situation: situationOf(process),
    ...(payment.decision && { decision: payment.decision }),
    resolved: !isRecovery(process),
    ...captureDeadline(process),
    payment: paymentView(payment, process),
    choices,
    ...(advice && { recommended: advice }),
  };
}

/** Money that is only reserved falls back to the customer one day: the person who decides must know when. */
function captureDeadline({ payment, now }: PaymentProcess): Pick<RecoveryItem, "captureBefore" | "captureNear"> {
  const before = isFinal(payment) ? undefined : captureBefore(payment);
  if (before === undefined) return {};
  return { captureBefore: new Date(before).toISOString(), ...(isCaptureNear(before, now()) && { captureNear: true }) };
}

function situationOf({ payment, queriedSinceStart, inDoubt }: PaymentProcess): RecoveryItem["situation"] {
  const isUnasked = payment.decision === undefined && !isFinal(payment) && !queriedSinceStart;
  return inDoubt || isUnasked ? "checking" : situation(payment);
}

/** A decision can be made once MobilePay has said what happened, and once only. */
function choicesOf(process: PaymentProcess): Decision[] {
  const { payment, queriedSinceStart, inDoubt } = process;
  const isReady = !inDoubt && queriedSinceStart;
  return payment.decision === undefined && isReady && mayBeDecided(payment) ? choicesFor(payment) : [];
}

/** While the money is being taken the outcome is near. */
function mayBeDecided(payment: Payment): boolean {
  return payment.state !== "capturing" && canHappen(payment, "decided");
}

/** What cannot be done is refused at once, and the payment stays before the person. */
function refuseUnlessTrue(payment: Payment, decision: Decision): void {
  const choices = choicesFor(payment);
  if (decision === "settled" || choices.includes(decision)) return;
  throw new BridgeError(decision === "refund" ? "NOT_REFUNDABLE" : "NOT_COMPLETABLE", {
    state: payment.state,
    choices,
  });
}

/** The events of a person's decision. The same decision again changes nothing; another one is refused. */
export function decide(
  process: PaymentProcess,
  { decision, decidedBy, reason, saleId }: Params<"recovery.resolve">,
): PaymentEvent[] {
  const { payment } = process;
  if (payment.decision === decision) return [];
  if (payment.decision !== undefined) throw new BridgeError("RECOVERY_DECIDED", { decision: payment.decision });
  if (!mayBeDecided(payment)) {
    throw new BridgeError(
      situationOf(process) === "checking" && isRecovery(process) ? "OUTCOME_UNKNOWN" : "RECOVERY_NOT_FOUND",
      { state: payment.state },
    );
  }
  if (!process.queriedSinceStart) throw new BridgeError("OUTCOME_UNKNOWN", { state: payment.state });
  refuseUnlessTrue(payment, decision);
  return [
    {
      type: "decided",
      decision,
      ...(decidedBy !== undefined && { decidedBy }),
      ...(reason !== undefined && { reason }),
      ...(saleId !== undefined && decision === "reRing" && { saleId }),
    },
  ];
}
