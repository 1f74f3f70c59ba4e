import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { captureIntent, refundIntent } from "../payment/intents.ts";
import { nextStep } from "../payment/next-step.ts";
import { isOpen, type PaymentEvent } from "../payment/payment.ts";
import type { NotFound, Snapshot } from "../ports/gateway.ts";
import type { PaymentStore } from "../ports/store.ts";
import { Backoff } from "./backoff.ts";
import { type Effect, type Ports, executeStep } from "./execute-step.ts";
import { doubted } from "./observe.ts";
import type { PaymentProcess } from "./payment-process.ts";

/** As long as a MobilePay request lives. A customer who has not come by then does not come. */
const customerWaitMsMax = 600_000;
/** Nothing to do until a person acts; the loop only looks up now and then. */
const restMs = 3_600_000;

export interface RunPaymentPorts extends Ports {
  readonly world: World;
  readonly store: Pick<PaymentStore, "writable">;
}

/**
 * The one loop that moves a payment on: take the next step, carry it out, make what came of it durable, believe it.
 * Ends when the payment is over, or at the next wake after `signal` aborts; what is then unfinished is found on disk by the
 * next life.
 */
export async function runPayment(process: PaymentProcess, ports: RunPaymentPorts, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff();
  while (!signal.aborted && isOpen(process.payment)) {
    const woken = process.nextWake();
    const waitMs = await takeStep(process, ports, backoff).catch((error: unknown) =>
      onJournalError(error, ports, backoff),
    );
    if (waitMs > 0 && !woken.aborted) await ports.world.sleep(waitMs, woken);
  }
}

/** Returns how long to wait before the next step, unless something happens sooner. */
async function takeStep(process: PaymentProcess, ports: RunPaymentPorts, backoff: Backoff): Promise<number> {
  const step = nextStep(process.payment, process);
  switch (step.do) {
    case "rest":
      return restMs;
    case "awaitCustomer":
      return awaitCustomer(process, ports, backoff);
    case "recordCapture":
      return record(process, captureIntent(process.payment, ports));
    case "recordRefund":
      return record(process, refundIntent(process.payment, ports));
    default:
      return askMobilePay(process, step, ports, backoff);
  }
}

async function askMobilePay(
  process: PaymentProcess,
  step: Effect,
  ports: RunPaymentPorts,
  backoff: Backoff,
): Promise<number> {
  // What came of it could not be written.
  if (step.do !== "look") await ports.store.writable();
  const result = await executeStep(process, step, ports);
  process.setContactLost(result.kind === "unknown" && result.why === "unreachable");
  if (result.kind === "unknown") return backoff.afterUnknown(result.retryAfterMs);
  if (result.kind === "contradiction") {
    await doubt(process, result.seen, ports);
    return backoff.afterUnknown(undefined);
  }
  process.insistence.forget();
  const before = process.payment;
  await process.change(result.events, { fromAnswer: true });
  return backoff.afterAnswer(process.payment !== before);
}

/** What cannot be true is not believed. When MobilePay insists on it, a person has to see it: nothing is waited for in silence. */
async function doubt(
  process: PaymentProcess,
  seen: Snapshot | NotFound,
  { log, world }: RunPaymentPorts,
): Promise<void> {
  const { reference } = process.payment.order;
  log.error("MobilePay's answer contradicts what is known; not believed", { reference });
  if (!process.insistence.hear(seen, world.monotonicMs())) return;
  await process.change((payment) => doubted(payment, seen), { fromAnswer: true });
}

/** MobilePay is asked once meanwhile: where the journal was lost or is an old one, the payment may be there already. */
async function awaitCustomer(process: PaymentProcess, ports: RunPaymentPorts, backoff: Backoff): Promise<number> {
  const leftMs = process.loadedAtMs + customerWaitMsMax - ports.world.monotonicMs();
  if (leftMs > 0 && process.queriedSinceStart) return leftMs;
  if (leftMs > 0) return Math.min(leftMs, await askMobilePay(process, { do: "look" }, ports, backoff));
  await process.change((payment) => (payment.state === "waitingForCustomer" ? [notCome(process)] : []));
  return 0;
}

/** What MobilePay may know although this journal does not is asked about until it answers, and keeps no other sale waiting. */
function notCome({ doubt }: PaymentProcess): PaymentEvent {
  return doubt.inDoubt ? { type: "abandoned", ...doubt } : { type: "expired" };
}

async function record(process: PaymentProcess, event: PaymentEvent): Promise<number> {
  const { state } = process.payment;
  const stillAsked = () => event.type !== "captureRequested" || process.isAttended;
  await process.change((payment) => (payment.state === state && stillAsked() ? [event] : []));
  return 0;
}

/** A failed write leaves the payment as it was: the same step comes again, with the same key and body. */
function onJournalError(error: unknown, { log }: Ports, backoff: Backoff): number {
  if (!(error instanceof BridgeError)) throw error;
  log.error("a step could not be journaled; it is taken again", { code: error.code });
  return backoff.afterUnknown(undefined);
}
