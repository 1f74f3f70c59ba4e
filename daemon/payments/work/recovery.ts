import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { Decision, RecoveryItem } from "../../protocol/values.ts";
import { captureBefore, isCaptureNear } from "../payment/capture-period.ts";
import { canHappen } from "../payment/machine.ts";
import { isFinal, type Payment, type PaymentEvent } from "../payment/payment.ts";
import { paymentView } from "../payment/view.ts";
import type { Run } from "./run.ts";

/** Whether the payment stands on the recovery list: found open after a restart, or a person decides or has decided on it. */
export function isRecovery(run: Run): boolean {
  if (isFinal(run.payment)) return false;
  return run.inherited || run.payment.state === "needsDecision" || run.payment.decision !== undefined;
}

export function recoveryItem(run: Run): RecoveryItem {
  const { payment } = run;
  const choices = choicesOf(run);
  return {
    paymentId: payment.order.paymentId,
    situation: situationOf(run),
    ...(payment.decision && { decision: payment.decision }),
    resolved: !isRecovery(run),
    ...captureDeadline(run),
    payment: paymentView(payment, run),
    choices,
    ...(choices.length > 0 && { recommended: recommended(payment) }),
  };
}

/** Money that is only reserved falls back to the customer one day: the person who decides must know when. */
function captureDeadline({ payment, now }: Run): Pick<RecoveryItem, "captureBefore" | "captureNear"> {
  const before = isFinal(payment) ? undefined : captureBefore(payment);
  if (before === undefined) return {};
  return { captureBefore: new Date(before).toISOString(), ...(isCaptureNear(before, now()) && { captureNear: true }) };
}

function situationOf({ payment, asked }: Run): RecoveryItem["situation"] {
  if (payment.decision === undefined && !isFinal(payment) && (!asked || payment.authorized === 0)) return "checking";
  return payment.captured > 0 ? "paidWithoutReceipt" : "approvedNotCaptured";
}

/** A decision can be made once MobilePay has said what happened, and once only. */
function choicesOf(run: Run): Decision[] {
  const { payment, asked } = run;
  return payment.decision === undefined && asked && canHappen(payment, "decided") ? ["refund", "reRing"] : [];
}

/** Money that was taken usually went with the goods; a mere reservation costs nobody anything to let go. */
function recommended(payment: Payment): Decision {
  return payment.captured > 0 ? "reRing" : "refund";
}

/** The events of a person's decision. The same decision again changes nothing; another one is refused. */
export function decide(run: Run, { decision, decidedBy, reason, saleId }: Params<"recovery.resolve">): PaymentEvent[] {
  const { payment } = run;
  if (payment.decision === decision) return [];
  if (payment.decision !== undefined) throw new BridgeError("RECOVERY_DECIDED", { decision: payment.decision });
  if (!canHappen(payment, "decided")) {
    throw new BridgeError(
      situationOf(run) === "checking" && isRecovery(run) ? "OUTCOME_UNKNOWN" : "RECOVERY_NOT_FOUND",
      { state: payment.state },
    );
  }
  if (!run.asked) throw new BridgeError("OUTCOME_UNKNOWN", { state: payment.state });
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
