import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { PaymentView } from "../../protocol/values.ts";
import { knownCustomer, orderOf } from "../payment/commands.ts";
import { requested } from "../payment/intents.ts";
import { isFinal, type PaymentEvent, type PaymentOrder } from "../payment/payment.ts";
import type { FoundCustomer } from "../payment/request-bodies.ts";
import { checkAmount } from "../payment/rules.ts";
import { paymentView } from "../payment/view.ts";
import { askForLost, isSameOrder } from "../work/adopt.ts";
import type { Page } from "../work/presence.ts";
import type { Run } from "../work/run.ts";
import type { PaymentsContext } from "./context.ts";

/** Starts a payment, or takes it up again when the call is repeated. One call at a time. */
export async function startPayment(
  params: Params<"payment.start">,
  page: Page,
  context: PaymentsContext,
): Promise<PaymentView> {
  const { runs, claims, names, presence, store } = context;
  const [again, conflict] = await Promise.all([
    runs.use(params.paymentId, async (run) => takeUpAgain(run, params, page, context)),
    claims.conflict(params.sale.saleId),
  ]);
  if (again) return again;
  const order = orderOf(params, names, context.capture);
  checkStart(params, context);
  if (conflict) throw conflict;
  await checkPaired(order, context);
  await store.ready();
  return runs.begin(order.paymentId, firstEvents(order, context), async (run) => {
    presence.takeUp(run, page);
    run.announce();
    return paymentView(run.payment);
  });
}

function takeUpAgain(
  run: Run,
  params: Params<"payment.start">,
  page: Page,
  { runs, presence, customerWanted }: PaymentsContext,
): PaymentView {
  if (!isSameOrder(run.payment.order, params)) throw new BridgeError("PAYMENT_CONFLICT");
  if (!isFinal(run.payment)) presence.takeUp(run, page);
  if (runs.waitingFor("tillTag")) customerWanted?.();
  return paymentView(run.payment, run);
}

function checkStart(params: Params<"payment.start">, { currency, runs }: PaymentsContext): void {
  checkAmount(params, currency);
  const busy = runs.blocking();
  if (busy) throw new BridgeError("PAYMENT_IN_PROGRESS", { paymentId: busy.paymentId, state: busy.payment.state });
}

/** With the journal the till's tag may be lost too: a sale that MobilePay knows already needs none. */
async function checkPaired({ customer, reference }: PaymentOrder, { paired, gateway }: PaymentsContext): Promise<void> {
  if (customer.by !== "tillTag" || paired()) return;
  if (!(await askForLost(reference, gateway).catch(() => undefined))) throw new BridgeError("NOT_PAIRED");
}

/** With the intent to ask the customer, where it is known who that is. */
function firstEvents(order: PaymentOrder, context: PaymentsContext): PaymentEvent[] {
  const checkIn = order.customer.by === "tillTag" ? context.takeCheckIn() : undefined;
  const customer: FoundCustomer | undefined = checkIn
    ? { by: "tillTag", customerToken: checkIn.customerToken }
    : knownCustomer(order.customer);
  const events: PaymentEvent[] = [{ type: "started", order }];
  if (customer) events.push(requested(order, customer, context, checkIn));
  return events;
}
