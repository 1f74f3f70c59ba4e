import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { captureIntent, refundIntent } from "../payment/intents.ts";
import { nextStep } from "../payment/next-step.ts";
import { isOpen, type PaymentEvent } from "../payment/payment.ts";
import { Patience } from "./backoff.ts";
import { type Effect, type Ports, perform } from "./perform.ts";
import type { Run } from "./run.ts";

/** As long as a MobilePay request lives. A customer who has not come by then does not come. */
const customerWaitMsMax = 600_000;
/** Nothing to do until somebody acts; the loop only looks up now and then. */
const restMs = 3_600_000;

export interface DrivePorts extends Ports {
  readonly world: World;
}

/**
 * The one loop that moves a payment on: take the next step, carry it out, make what came of it durable, believe it.
 * Ends when the payment is over, or at the next wake after `signal` aborts; what is then unfinished is found on disk by the
 * next life.
 */
export async function drive(run: Run, ports: DrivePorts, signal: AbortSignal): Promise<void> {
  const patience = new Patience();
  while (!signal.aborted && isOpen(run.payment)) {
    const woken = run.nextWake();
    const waitMs = await takeStep(run, ports, patience).catch((error: unknown) => setBack(error, ports, patience));
    if (waitMs > 0 && !woken.aborted) await ports.world.sleep(waitMs, woken);
  }
}

/** Returns how long to wait before the next step, unless something happens sooner. */
async function takeStep(run: Run, ports: DrivePorts, patience: Patience): Promise<number> {
  const step = nextStep(run.payment, run);
  switch (step.do) {
    case "rest":
      return restMs;
    case "awaitCustomer":
      return awaitCustomer(run, ports, patience);
    case "recordCapture":
      return record(run, captureIntent(run.payment, ports));
    case "recordRefund":
      return record(run, refundIntent(run.payment, ports));
    default:
      return askMobilePay(run, step, ports, patience);
  }
}

async function askMobilePay(run: Run, step: Effect, ports: DrivePorts, patience: Patience): Promise<number> {
  const finding = await perform(run, step, ports);
  run.setContactLost(finding.kind === "unknown" && finding.why === "unreachable");
  if (finding.kind !== "learnt") {
    if (finding.kind === "contradiction")
      ports.log.error("MobilePay's answer contradicts what is known; not believed", {
        reference: run.payment.order.reference,
        step: step.do,
      });
    return patience.afterNothing(finding.kind === "unknown" ? finding.retryAfterMs : undefined);
  }
  const before = run.payment;
  await run.change(finding.events, { asked: true });
  return patience.afterAnswer(run.payment !== before);
}

/** MobilePay is asked once meanwhile: where the journal was lost or is an old one, the payment may be there already. */
async function awaitCustomer(run: Run, ports: DrivePorts, patience: Patience): Promise<number> {
  const leftMs = run.bornAtMs + customerWaitMsMax - ports.world.monotonicMs();
  if (leftMs > 0 && run.asked) return leftMs;
  if (leftMs > 0) return Math.min(leftMs, await askMobilePay(run, { do: "look" }, ports, patience));
  await run.change((payment) => (payment.state === "waitingForCustomer" ? [{ type: "expired" }] : []));
  return 0;
}

async function record(run: Run, event: PaymentEvent): Promise<number> {
  const { state } = run.payment;
  const stillAsked = () => event.type !== "captureRequested" || run.wanted;
  await run.change((payment) => (payment.state === state && stillAsked() ? [event] : []));
  return 0;
}

/** A failed write leaves the payment as it was: the same step comes again, with the same key and body. */
function setBack(error: unknown, { log }: Ports, patience: Patience): number {
  if (!(error instanceof BridgeError)) throw error;
  log.error("a step could not be journaled; it is taken again", { code: error.code });
  return patience.afterNothing(undefined);
}
