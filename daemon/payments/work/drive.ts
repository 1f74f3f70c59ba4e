import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { nextStep } from "../payment/next-step.ts";
import { isOpen, type PaymentEvent, refundedSoFar } from "../payment/payment.ts";
import { type Effect, type Finding, type Ports, perform } from "./perform.ts";
import type { Run } from "./run.ts";

/** MobilePay's in-person guidance is about once a second, its limit 120 a minute. */
const pollMs = 1000;
const pollsQuickMax = 120;
const pollSlowMs = 2000;
/** After an answer that taught nothing. MobilePay takes 5 calls a minute of each kind for one payment. */
const backoffMs = [1000, 5000, 20_000] as const;
/** As long as a MobilePay request lives. A customer who has not come by then does not come. */
const customerWaitMsMax = 600_000;
/** Nothing to do until somebody acts; the loop only looks up now and then. */
const restMs = 3_600_000;

export interface DrivePorts extends Ports {
  readonly world: World;
  readonly onContact: (run: Run) => void;
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
      return record(run, captureIntent(run, ports));
    case "recordRefund":
      return record(run, refundIntent(run, ports));
    default:
      return askMobilePay(run, step, ports, patience);
  }
}

async function askMobilePay(run: Run, step: Effect, ports: DrivePorts, patience: Patience): Promise<number> {
  const finding = await perform(run, step, ports);
  setContact(run, finding, ports);
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

/** The page is told when MobilePay stops answering about its payment, and when it answers again. */
function setContact(run: Run, finding: Finding, { onContact }: DrivePorts): void {
  const lost = finding.kind === "unknown" && finding.why === "unreachable";
  if (lost === run.contactLost) return;
  run.contactLost = lost;
  onContact(run);
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
  const still = (now: string) => now === state && (event.type !== "captureRequested" || run.wanted);
  await run.change((payment) => (still(payment.state) ? [event] : []));
  return 0;
}

function captureIntent(run: Run, { names, gateway }: Ports): PaymentEvent {
  const { order, capturesRefused } = run.payment;
  return {
    type: "captureRequested",
    key: names.captureKey(order.reference, capturesRefused + 1),
    body: gateway.amountBody(order.amount),
  };
}

/** The decision to give the money back is on disk; this is the request that carries it out. */
function refundIntent(run: Run, { names, gateway }: Ports): PaymentEvent {
  const { order, captured, refunds } = run.payment;
  const amount = { ...order.amount, value: captured - refundedSoFar(run.payment) };
  const named = names.decidedRefund(order.reference, refunds.length + 1);
  return { type: "refundStarted", refund: { ...named, amount, body: gateway.amountBody(amount), byDecision: true } };
}

/** A failed write leaves the payment as it was: the same step comes again, with the same key and body. */
function setBack(error: unknown, { log }: Ports, patience: Patience): number {
  if (!(error instanceof BridgeError)) throw error;
  log.error("a step could not be journaled; it is taken again", { code: error.code });
  return patience.afterNothing(undefined);
}

/** How long to wait between questions. */
class Patience {
  #failures = 0;
  #polls = 0;

  afterAnswer(moved: boolean): number {
    this.#failures = 0;
    this.#polls = moved ? 0 : this.#polls + 1;
    if (moved) return 0;
    return this.#polls <= pollsQuickMax ? pollMs : pollSlowMs;
  }

  afterNothing(retryAfterMs: number | undefined): number {
    const waitMs = backoffMs[Math.min(this.#failures, backoffMs.length - 1)] ?? 0;
    this.#failures += 1;
    return Math.max(waitMs, retryAfterMs ?? 0);
  }
}
