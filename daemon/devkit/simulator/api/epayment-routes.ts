import { refuse } from "../platform/errors.ts";
import { modificationBody, type SimulatedPayment, paymentBody } from "../platform/payment.ts";
import { cancelPayment, createPayment, forceApprove, modifyPayment } from "../platform/requests.ts";
import { type ApiCall, parsed, type ApiReply, type ApiRoute } from "./routes.ts";
import { mobilePayErrorCodes } from "../../../mobilepay/error-codes.ts";

const common = { family: "problem", access: "merchant", msn: "required" } as const;
const reads = { perMinute: 120, bucket: "read" };
const one = "/epayment/v1/payments/:reference";

/** ePayment v1: create, get, events, cancel, capture, refund, and the test environment's force approve. */
export const epaymentRoutes: readonly ApiRoute[] = [
  {
    ...common,
    operation: "create",
    method: "POST",
    path: "/epayment/v1/payments",
    idempotency: { required: true, conflict: mobilePayErrorCodes.idempotencyConflict },
    limit: { perMinute: 5, bucket: "create" },
    handle: ({ platform, idempotencyKey }, body) => {
      const { reference, redirectUrl } = platform.payments.create(parsed(createPayment, body), idempotencyKey);
      return { status: 201, body: redirectUrl === undefined ? { reference } : { redirectUrl, reference } };
    },
  },
  {
    ...common,
    operation: "get",
    method: "GET",
    path: one,
    limit: reads,
    handle: (call) => ({ status: 200, body: paymentBody(payment(call)) }),
  },
  {
    ...common,
    operation: "events",
    method: "GET",
    path: `${one}/events`,
    limit: reads,
    handle: (call) => ({ status: 200, body: payment(call).events }),
  },
  {
    ...common,
    operation: "cancel",
    method: "POST",
    path: `${one}/cancel`,
    idempotency: { required: false, conflict: mobilePayErrorCodes.idempotencyConflict },
    limit: { perMinute: 5, bucket: "cancel" },
    handle: ({ platform, parameters }, body) => {
      const { cancelTransactionOnly = false } = parsed(cancelPayment, body);
      return adjusted(platform.payments.cancel(parameters["reference"] ?? "", cancelTransactionOnly));
    },
  },
  {
    ...common,
    operation: "capture",
    method: "POST",
    path: `${one}/capture`,
    idempotency: { required: true, conflict: mobilePayErrorCodes.captureIdempotencyConflict },
    limit: { perMinute: 5, bucket: "capture" },
    handle: ({ platform, parameters, idempotencyKey }, body) => {
      const { modificationAmount } = parsed(modifyPayment, body);
      return adjusted(platform.payments.capture(parameters["reference"] ?? "", modificationAmount, idempotencyKey));
    },
  },
  {
    ...common,
    operation: "refund",
    method: "POST",
    path: `${one}/refund`,
    idempotency: { required: true, conflict: mobilePayErrorCodes.referenceExists },
    limit: { perMinute: 5, bucket: "refund" },
    handle: ({ platform, parameters, idempotencyKey }, body) => {
      const { modificationAmount } = parsed(modifyPayment, body);
      return adjusted(platform.payments.refund(parameters["reference"] ?? "", modificationAmount, idempotencyKey));
    },
  },
  {
    ...common,
    operation: "forceApprove",
    method: "POST",
    path: "/epayment/v1/test/payments/:reference/approve",
    handle: approve,
  },
];

function payment({ platform, parameters }: ApiCall): SimulatedPayment {
  return platform.payments.get(parameters["reference"] ?? "");
}

/** The schema serves these answers, successes too, as problem+json: a client must go by the status. */
function adjusted(payment: SimulatedPayment): ApiReply {
  return { status: 200, body: modificationBody(payment), contentType: "application/problem+json" };
}

/** Approves without the app. `token` is the one in the create answer's `redirectUrl`. */
function approve(call: ApiCall, body: unknown): ApiReply {
  const { customer, token } = parsed(forceApprove, body);
  const { reference, redirectUrl } = payment(call);
  if (!customer && token === undefined) refuse(mobilePayErrorCodes.identificationRequired);
  if (token !== undefined && !redirectUrl?.includes(token)) refuse(mobilePayErrorCodes.approveNotAllowed);
  const result = call.platform.phone.approve(reference, customer?.phoneNumber);
  if (result.shown === "notOpen") refuse(mobilePayErrorCodes.approveNotAllowed);
  if (result.shown === "declined") refuse(mobilePayErrorCodes.approveFailed);
  return { status: 200 };
}
