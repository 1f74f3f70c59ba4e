import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { PaymentView } from "../../protocol/values.ts";
import { knownCustomer, orderOf } from "../payment/commands.ts";
import { requested } from "../payment/intents.ts";
import { isFinal, type PaymentEvent, type PaymentOrder } from "../payment/payment.ts";
import type { FoundCustomer } from "../payment/request-bodies.ts";
import { checkReceipt } from "../payment/receipt-rules.ts";
import { checkAmount } from "../payment/rules.ts";
import { paymentView } from "../payment/view.ts";
import { findUnjournaled, isJournaled, isSameOrder } from "../work/import-unjournaled.ts";
import type { ConnectedPage } from "../work/presence.ts";
import type { PaymentProcess } from "../work/payment-process.ts";
import type { PaymentsContext } from "./context.ts";

/**
 * Starts a payment, or takes it up again when the call is repeated. One call at a time; MobilePay is asked before its turn comes, since
 * an answer may take long.
 */
export async function startPayment(
  typed: Params<"payment.start">,
  page: ConnectedPage,
  context: PaymentsContext,
): Promise<PaymentView> {
  const params = await withWholeNumber(typed, context);
  const noWay = await noWayToCustomer(params, context);
  return context.claims.inTurn(() => startInTurn(params, page, context, noWay));
}

/**
 * From here on a phone number is as MobilePay takes it, so that the same sale in another spelling is the same. What is none stays as
 * it is: a payment that has begun with it is taken up again, and no new one begins.
 */
async function withWholeNumber(
  params: Params<"payment.start">,
  { msisdnOf }: PaymentsContext,
): Promise<Params<"payment.start">> {
  if (params.customer.by !== "phone") return params;
  const phoneNumber = await msisdnOf(params.customer.phoneNumber);
  return phoneNumber === undefined ? params : { ...params, customer: { by: "phone", phoneNumber } };
}

async function startInTurn(
  params: Params<"payment.start">,
  page: ConnectedPage,
  context: PaymentsContext,
  noWay: Awaited<ReturnType<typeof noWayToCustomer>>,
): Promise<PaymentView> {
  const { processes, claims, keys, presence, store } = context;
  const [again, conflict] = await Promise.all([
    processes.withPayment(params.paymentId, async (process) => attachAgain(process, params, page, context)),
    claims.conflict(params.sale.saleId, params),
  ]);
  if (again) return again;
  const order = orderOf(params, keys, context.capture);
  checkStart(params, context);
  if (conflict) throw conflict;
  if (noWay) throw new BridgeError(noWay);
  await store.ready();
  return processes.begin(order.paymentId, firstEvents(order, context), async (process) => {
    presence.attach(process, page);
    process.announce();
    return paymentView(process.payment);
  });
}

function attachAgain(
  process: PaymentProcess,
  params: Params<"payment.start">,
  page: ConnectedPage,
  { processes, presence, onCustomerAwaited }: PaymentsContext,
): PaymentView {
  if (!isSameOrder(process.payment.order, params)) throw new BridgeError("PAYMENT_CONFLICT");
  if (!isFinal(process.payment)) presence.attach(process, page);
  if (processes.waitingFor("tillTag")) onCustomerAwaited?.();
  return paymentView(process.payment, process);
}

function checkStart(params: Params<"payment.start">, { currency, processes }: PaymentsContext): void {
  checkAmount(params, currency);
  checkReceipt(params.receipt, params.amount);
  const busy = processes.blocking();
  if (busy) throw new BridgeError("PAYMENT_IN_PROGRESS", { paymentId: busy.paymentId, state: busy.payment.state });
}

/**
 * Why the customer cannot be found. Not without a tag; with the journal that may be lost too: a sale that MobilePay knows already
 * needs none. Not by what is no phone number.
 */
async function noWayToCustomer(
  { paymentId, customer }: Params<"payment.start">,
  { isPaired, gateway, keys, processes, msisdnOf }: PaymentsContext,
): Promise<"NOT_PAIRED" | "PHONE_NUMBER_INVALID" | undefined> {
  if (customer.by === "phone")
    return (await msisdnOf(customer.phoneNumber)) === customer.phoneNumber ? undefined : "PHONE_NUMBER_INVALID";
  if (customer.by !== "tillTag" || isPaired() || (await isJournaled(paymentId, processes))) return undefined;
  const known = await findUnjournaled(keys.reference(paymentId), gateway).catch(() => undefined);
  return known === undefined ? "NOT_PAIRED" : undefined;
}

/** With the intent to ask the customer, where it is known who that is. */
function firstEvents(order: PaymentOrder, context: PaymentsContext): PaymentEvent[] {
  const checkIn = order.customer.by === "tillTag" ? context.consumeCheckIn() : undefined;
  const customer: FoundCustomer | undefined = checkIn
    ? { by: "tillTag", customerToken: checkIn.customerToken }
    : knownCustomer(order.customer);
  const events: PaymentEvent[] = [{ type: "started", order }];
  if (customer) events.push(requested(order, customer, context, checkIn));
  return events;
}
