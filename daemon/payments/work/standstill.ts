import { stageOf } from "../../protocol/payment-stage.ts";
import type { World } from "../../world.ts";
import { isOpen } from "../payment/payment.ts";
import { hasTrait } from "../payment/state-traits.ts";
import type { PaymentProcess } from "./payment-process.ts";

/** What nobody waits for at the counter is over by then when all is well. */
const stillMsMax = 10_000;
/** As long as a page may take for its receipt before a person is told. */
const receiptMsMax = 60_000;
/** Nothing more to be told until the payment moves. */
const restMs = 3_600_000;

/**
 * Whether the payment keeps the till from starting another: this till is busy with it, and its outcome is near. What stands still keeps
 * nobody waiting unless a page shows it as something that the cashier can call off; nor does what a person has decided on.
 */
export function blocksNewPayment(process: PaymentProcess): boolean {
  const { payment, isShown, recoveredAtStart, inStageForMs } = process;
  if (!hasTrait(payment.state, "blocksNewPayment") || payment.decision !== undefined) return false;
  if (isShown && stageOf(payment.state) === "unapproved") return true;
  return inStageForMs < stillMsMax && (isShown || !recoveredAtStart);
}

/** Whether the payment has stood still for so long that a person is told. */
export function standsStill(process: PaymentProcess): boolean {
  return process.stillForMs >= patienceMs(process);
}

function patienceMs({ payment, isShown }: PaymentProcess): number {
  return payment.state === "paid" && isShown && payment.decision === undefined ? receiptMsMax : stillMsMax;
}

/** Tells when the payment begins to stand still, each time. `tell` decides whether that is news. */
export async function watchStandstill(
  process: PaymentProcess,
  world: World,
  tell: () => void,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted && isOpen(process.payment)) {
    const woken = process.nextWake();
    const leftMs = patienceMs(process) - process.stillForMs;
    if (leftMs <= 0) tell();
    await world.sleep(leftMs > 0 ? leftMs : restMs, woken);
  }
}
