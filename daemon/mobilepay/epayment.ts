import type { GatewayAnswer, Created, Gateway, KeyedCall, NotFound, Snapshot } from "../payments/ports/gateway.ts";
import { assert, assertNever } from "../protocol/errors.ts";
import type { Money } from "../protocol/values.ts";
import { parseJson } from "./answers.ts";
import { amountBody, cancelBody, createBody } from "./bodies.ts";
import { keysRefused, type PaymentOperation } from "./errors.ts";
import type { MobilePayCall } from "./exchange.ts";
import { type MobilePayApi, unknownOf } from "./platform.ts";
import { type CallResult, nonsense, refusalOf, unreachable } from "./refusals.ts";
import { hasMoved, type ParsedAnswer, readCreated, readApplied, readMoved, readSnapshot } from "./snapshots.ts";
import { amountRequest, createRequest } from "./wire.ts";

/** Milliseconds for each call, all of it included. */
export type PaymentDeadlines = Readonly<Record<PaymentOperation, number>>;

/** MobilePay's ePayment API as payments need it. */
export function createGateway(platform: MobilePayApi, deadlinesMs: PaymentDeadlines): Gateway {
  const calls = createCalls(platform, deadlinesMs);
  return {
    createBody,
    amountBody,
    create: (call) => create(calls, call),
    getPayment: async (reference) => orRefused(await calls.getPayment(reference)),
    cancel: async (reference, key, onlyIfNotApproved) =>
      orRefused(await calls.cancel(reference, key, onlyIfNotApproved)),
    capture: (call) => capture(calls, call),
    refund: (call) => refund(calls, call),
    wasApplied: async (reference, key) => certain(await calls.wasApplied(reference, key)),
  };
}

/** A reference that exists is ours, if MobilePay's payment has our amount. Its code for the screen is lost: nobody tells it again. */
async function create(calls: Calls, call: KeyedCall): Promise<GatewayAnswer<Created>> {
  const result = await calls.create(call);
  if (result.kind !== "askFirst") return certain(result);
  const seen = await calls.getPayment(call.reference);
  if (seen.kind !== "ok") return certain(seen);
  const { reference, amount } = seen.value;
  const asked = createdAmount(call.body);
  if (amount.currency === asked.currency && amount.value === asked.value) {
    return { kind: "ok", value: { reference } };
  }
  calls.doubt("create", reference, "the reference belongs to a payment of another amount");
  return result.refused;
}

async function capture(calls: Calls, call: KeyedCall): Promise<GatewayAnswer<Snapshot>> {
  const result = await calls.mutate("capture", call);
  if (result.kind !== "askFirst") return certain(result);
  const seen = await calls.getPayment(call.reference);
  if (seen.kind === "ok" && !hasMoved(seen.value, "captured", askedAmount(call.body))) return result.refused;
  return certain(seen);
}

/** The sums cannot distinguish one refund from another: only an event with our key can. */
async function refund(calls: Calls, call: KeyedCall): Promise<GatewayAnswer<Snapshot>> {
  const result = await calls.mutate("refund", call);
  if (result.kind !== "askFirst") return certain(result);
  const applied = certain(await calls.wasApplied(call.reference, call.key));
  if (applied.kind !== "ok") return applied;
  return applied.value === true ? certain(await calls.getPayment(call.reference)) : result.refused;
}

function orRefused<Value>(result: CallResult<Value>): GatewayAnswer<Value> | NotFound {
  return result.kind === "askFirst" ? result.refused : result;
}

/** Where a payment must exist, "no such payment" makes no sense. */
function certain<Value>(result: CallResult<Value>): GatewayAnswer<Value> {
  const answer = orRefused(result);
  return answer.kind === "notFound" ? nonsense : answer;
}

type Calls = ReturnType<typeof createCalls>;

function createCalls(platform: MobilePayApi, deadlinesMs: PaymentDeadlines) {
  const send = <Value>(request: Request, read: (body: unknown) => ParsedAnswer<Value>) =>
    exchange(platform, callOf(request, deadlinesMs[request.operation]), request.operation, read);
  return {
    create: ({ reference, key, body }: KeyedCall) =>
      send({ operation: "create", reference, key, body }, (answer) => readCreated(answer, reference)),
    getPayment: (reference: string) =>
      send({ operation: "look", reference }, (answer) => readSnapshot(answer, reference)),
    wasApplied: (reference: string, key: string) =>
      send({ operation: "events", reference }, (answer) => readApplied(answer, reference, key)),
    cancel: (reference: string, key: string, onlyIfNotApproved: boolean) =>
      send({ operation: "cancel", reference, key, body: cancelBody(onlyIfNotApproved) }, (answer) =>
        readSnapshot(answer, reference),
      ),
    mutate: (operation: "capture" | "refund", { reference, key, body }: KeyedCall) => {
      const asked = askedAmount(body);
      const what = operation === "capture" ? "captured" : "refunded";
      return send({ operation, reference, key, body }, (answer) => readMoved(answer, reference, what, asked));
    },
    doubt: (operation: string, reference: string, because: string) => platform.doubt({ operation, reference }, because),
  };
}

interface Request {
  readonly operation: PaymentOperation;
  readonly reference: string;
  readonly key?: string;
  readonly body?: string;
}

const pathEnds: Readonly<Record<PaymentOperation, (reference: string) => string>> = {
  create: () => "",
  look: (reference) => `/${reference}`,
  events: (reference) => `/${reference}/events`,
  cancel: (reference) => `/${reference}/cancel`,
  capture: (reference) => `/${reference}/capture`,
  refund: (reference) => `/${reference}/refund`,
};

/** A reference of another form could name another resource, and all those that do count as one against the platform's limits. */
function callOf(request: Request, deadlineMs: number): MobilePayCall {
  assert(/^[a-zA-Z0-9-]{8,64}$/.test(request.reference), "a reference has 8 to 64 letters, digits and dashes");
  return {
    ...request,
    method: request.body === undefined ? "GET" : "POST",
    path: `/epayment/v1/payments${pathEnds[request.operation](request.reference)}`,
    deadlineMs,
  };
}

async function exchange<Value>(
  platform: MobilePayApi,
  call: MobilePayCall,
  operation: PaymentOperation,
  read: (body: unknown) => ParsedAnswer<Value>,
): Promise<CallResult<Value>> {
  const reply = await platform.call(call);
  switch (reply.kind) {
    case "success":
      return answerOf(read(parseJson(reply.text)), (because) => platform.doubt(call, because));
    case "no":
      return refusalOf(reply, operation);
    case "unknown":
      return unknownOf(reply);
    case "keysRefused":
      // A request that asks a customer may be given up. What is to happen to money goes on when the keys are in order.
      return operation === "create" ? { kind: "refused", failure: keysRefused, isUntouched: true } : unreachable;
    default:
      return assertNever(reply);
  }
}

function answerOf<Value>(reading: ParsedAnswer<Value>, onDoubt: (because: string) => void): GatewayAnswer<Value> {
  if ("value" in reading) return { kind: "ok", value: reading.value };
  onDoubt(reading.doubt);
  return nonsense;
}

function createdAmount(body: string): Money {
  const parsed = createRequest.safeParse(parseJson(body));
  assert(parsed.success, "a create's body is what createBody made");
  return parsed.data.amount;
}

function askedAmount(body: string): Money {
  const parsed = amountRequest.safeParse(parseJson(body));
  assert(parsed.success, "a capture's or refund's body is what amountBody made");
  return parsed.data.modificationAmount;
}
