import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { Decision, RecoveryItem } from "../../protocol/values.ts";
import { stageOf } from "../../protocol/payment-stage.ts";
import { captureBefore, isCaptureNear } from "../payment/capture-period.ts";
import { canHappen } from "../payment/machine.ts";
import { isFinal, type Payment, type PaymentEvent } from "../payment/payment.ts";
import { choicesFor, recommended, situation } from "../payment/rules.ts";
import { paymentView } from "../payment/view.ts";
import type { PaymentProcess } from "./payment-process.ts";
import { standsStill } from "./standstill.ts";

/**
 * Whether the payment stands on the recovery list: found open after a restart, a person decides or has decided on it, or it stands
 * still while money may be reserved or taken.
 */
export function isRecovery(process: PaymentProcess): boolean {
  const { payment, recoveredAtStart } = process;
  if (isFinal(payment)) return false;
  if (recoveredAtStart || payment.state === "needsDecision" || payment.decision !== undefined) return true;
  return stageOf(payment.state) === "underWay" && standsStill(process);
}

export function recoveryItem(process: PaymentProcess): RecoveryItem {
  const { payment } = process;
  const choices = choicesOf(process);
  const advice = choices.length > 0 ? advised(payment, choices) : undefined;
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

/** Where the receipt was made the customer has gone with the goods: the money is to be taken. */
function advised(payment: Payment, choices: readonly Decision[]): Decision | undefined {
  if (payment.state === "paid" && payment.decision === "reRing") return undefined;
  if (payment.state === "capturing" && payment.receiptNumber !== undefined) return "reRing";
  const advice = recommended(payment);
  return advice && choices.includes(advice) ? advice : choices[0];
}

/** Money that is only reserved falls back to the customer one day: the person who decides must know when. */
function captureDeadline({ payment, now }: PaymentProcess): Pick<RecoveryItem, "captureBefore" | "captureNear"> {
  const before = isFinal(payment) ? undefined : captureBefore(payment);
  if (before === undefined) return {};
  return { captureBefore: new Date(before).toISOString(), ...(isCaptureNear(before, now()) && { captureNear: true }) };
}

function situationOf(process: PaymentProcess): RecoveryItem["situation"] {
  const { payment, queriedSinceStart, inDoubt } = process;
  const isUnasked = payment.decision === undefined && !isFinal(payment) && !queriedSinceStart;
  if (inDoubt || isUnasked) return "checking";
  return isCaptureFailing(process) ? "captureFailing" : situation(payment);
}

function isCaptureFailing(process: PaymentProcess): boolean {
  return process.payment.state === "capturing" && process.isAttended && standsStill(process);
}

/** A decision can be made once MobilePay has said what happened. What was decided and does not come about can be tried again now. */
function choicesOf(process: PaymentProcess): Decision[] {
  const { payment, queriedSinceStart, inDoubt } = process;
  const isOffered = payment.decision === undefined || standsStill(process);
  if (inDoubt || !isOffered || !queriedSinceStart || !mayBeDecided(process)) return [];
  return choicesFor(payment).filter((choice) => isOpenTo(choice, payment));
}

/** While the money is being taken the outcome is near, unless it stands still. */
function mayBeDecided(process: PaymentProcess): boolean {
  const { payment } = process;
  if (payment.state === "refunding") return payment.decision !== undefined && standsStill(process);
  return canHappen(payment, "decided") && (payment.state !== "capturing" || standsStill(process));
}

/** What is under way may still be carried out: then nobody can say that it is settled, nor decide the contrary. */
function isOpenTo(choice: Decision, { state, decision }: Payment): boolean {
  if (state === "refunding") return choice === "refund";
  if (state === "capturing") return choice !== "settled";
  return decision === undefined || choice !== decision;
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
  if (payment.decision !== undefined && !choicesOf(process).includes(decision))
    throw new BridgeError("RECOVERY_DECIDED", { decision: payment.decision });
  if (!mayBeDecided(process)) {
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
