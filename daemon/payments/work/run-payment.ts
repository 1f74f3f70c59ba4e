import { withDeadline } from "../../deadline.ts";
import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { captureIntent, refundIntent } from "../payment/intents.ts";
import { nextStep } from "../payment/next-step.ts";
import { isOpen, type Payment, type PaymentEvent } from "../payment/payment.ts";
import type { NotFound, Snapshot, Unknown } from "../ports/gateway.ts";
import type { PaymentStore } from "../ports/store.ts";
import { type Effect, type Ports, executeStep } from "./execute-step.ts";
import { doubted } from "./observe.ts";
import { Pace } from "./pace.ts";
import type { PaymentProcess } from "./payment-process.ts";
import type { StepResult } from "./step-result.ts";

/** As long as a MobilePay request lives. A customer who has not come by then does not come. */
const customerWaitMsMax = 600_000;
/** So long before its end MobilePay is asked again: an answer that is lost can be asked for once more. */
const lastLookMs = 60_000;
/** Nothing to do until a person acts; the loop only looks up now and then. */
const restMs = 3_600_000;
/** A customer who approves while a withdrawal is not answered is seen so soon. */
const lookWhileMs = 2000;
/** Nobody needs to be told of a wait like this. */
const shortWaitMs = 5000;

type Move = Exclude<Effect, { do: "look" }>;

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
  const pace = new Pace(ports.world);
  while (!signal.aborted && isOpen(process.payment)) {
    const woken = process.nextWake();
    const waitMs = await takeStep(process, ports, pace).catch((error: unknown) => onJournalError(error, ports, pace));
    if (waitMs > 0 && !woken.aborted) await ports.world.sleep(waitMs, woken);
    if (woken.aborted) pace.hurry();
  }
}

/** Returns how long to wait before the next step, unless something happens sooner. */
async function takeStep(process: PaymentProcess, ports: RunPaymentPorts, pace: Pace): Promise<number> {
  const step = nextStep(process.payment, process);
  switch (step.do) {
    case "rest":
      return restMs;
    case "awaitCustomer":
      return awaitCustomer(process, ports, pace);
    case "recordCapture":
      return record(process, captureIntent(process.payment, ports));
    case "recordRefund":
      return record(process, refundIntent(process.payment, ports));
    case "look":
      return look(process, ports, pace);
    default:
      return move(process, step, ports, pace);
  }
}

/** Asks MobilePay how the payment stands. */
async function look(process: PaymentProcess, ports: RunPaymentPorts, pace: Pace): Promise<number> {
  const result = await executeStep(process, { do: "look" }, ports);
  process.setContactLost(result.kind === "unknown" && (isLong(result) || pace.looksFailed > 0));
  const learnt = await learn(process, result, ports);
  pace.written();
  if (learnt === "nothing")
    return pace.notLooked(process.payment, result.kind === "unknown" ? result.retryAfterMs : undefined);
  return pace.looked(process.payment, learnt === "news");
}

/** Whether nothing will be known for some time. */
function isLong({ why, retryAfterMs = 0 }: Unknown): boolean {
  return why !== "busy" || retryAfterMs > shortWaitMs;
}

/** Sends what moves the payment, where that is due. MobilePay is asked meanwhile, and as long as it does not carry it out. */
async function move(process: PaymentProcess, step: Move, ports: RunPaymentPorts, pace: Pace): Promise<number> {
  if (pace.untilMoveMs > 0) {
    if (!mayLookBetween(process.payment, step)) return pace.untilMoveMs;
    const lookMs = await look(process, ports, pace);
    return Math.min(lookMs, pace.untilMoveMs);
  }
  // What came of it could not be written.
  await ports.store.writable();
  const result = await whileLooking(executeStep(process, step, ports), process, ports, pace);
  const isLost = result.kind === "unknown" && result.why === "unreachable";
  if (!isLost || pace.movesFailed === 0) process.setContactLost(isLost);
  const learnt = await learn(process, result, ports);
  pace.written();
  if (learnt === "news") pace.moved();
  else pace.notMoved(process.payment, result.kind === "unknown" ? result.retryAfterMs : undefined, process.isShown);
  return 0;
}

/** A refund asks before it is sent. A code that was never shown cannot be approved, and only the request's own answer has it. */
function mayLookBetween({ order }: Payment, { do: what }: Move): boolean {
  return what === "create" ? order.customer.by !== "screenQr" : what !== "refund";
}

/** While a withdrawal is not answered the customer may approve; and a request that nobody wants any more is not waited for. */
async function whileLooking(
  work: Promise<StepResult>,
  process: PaymentProcess,
  ports: RunPaymentPorts,
  pace: Pace,
): Promise<StepResult> {
  const { state } = process.payment;
  const isDone = () =>
    withDeadline(
      ports.world,
      lookWhileMs,
      work.then(() => true),
      () => false,
    );
  while (!(await isDone())) {
    const now = process.payment;
    if (isOpen(now) && (now.state === "cancelling" || now.state !== state)) await look(process, ports, pace);
  }
  return work;
}

/** Makes durable and believes what MobilePay said. */
async function learn(
  process: PaymentProcess,
  result: StepResult,
  ports: RunPaymentPorts,
): Promise<"news" | "same" | "nothing"> {
  if (result.kind === "unknown") return "nothing";
  if (result.kind === "contradiction") {
    await doubt(process, result.seen, ports);
    return "nothing";
  }
  process.insistence.forget();
  const before = process.payment;
  await process.change(result.events, { fromAnswer: true });
  return process.payment === before ? "same" : "news";
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

/**
 * MobilePay is asked at the beginning and shortly before the end: where the journal was lost or is an old one, the payment may be there
 * already, or come to be there meanwhile.
 */
async function awaitCustomer(process: PaymentProcess, ports: RunPaymentPorts, pace: Pace): Promise<number> {
  const leftMs = process.loadedAtMs + customerWaitMsMax - ports.world.monotonicMs();
  const untilLastLookMs = leftMs - lastLookMs;
  if (untilLastLookMs <= 0) process.forgetOldQuery();
  if (leftMs > 0 && process.queriedSinceStart) return untilLastLookMs > 0 ? untilLastLookMs : leftMs;
  if (leftMs > 0) return Math.min(leftMs, await look(process, ports, pace));
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
function onJournalError(error: unknown, { log }: Ports, pace: Pace): number {
  if (!(error instanceof BridgeError)) throw error;
  log.error("a step could not be journaled; it is taken again", { code: error.code });
  return pace.notWritten();
}
