import { Ajv2020 as Ajv, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Operation } from "../../daemon/devkit/simulator/faults.ts";
import accessToken from "./openapi/access-token.json" with { type: "json" };
import epayment from "./openapi/epayment.json" with { type: "json" };
import management from "./openapi/management.json" with { type: "json" };
import report from "./openapi/report.json" with { type: "json" };
import qr from "./openapi/qr.json" with { type: "json" };
import webhooks from "./openapi/webhooks.json" with { type: "json" };

/** Schemas of one operation: `none` is an empty body. `list` is an array of what it names. */
interface Shapes {
  readonly request: string;
  readonly answers: Readonly<Record<number, string>>;
  readonly refusal: string;
}

const modified = { answers: { 200: "epayment#ModificationResponse" }, refusal: "epayment#Problem" };
const qrCall = { request: "none", refusal: "qr#QrErrorResponse" };
const webhookCall = { request: "none", refusal: "webhooks#ProblemDetails" };

const shapes: Readonly<Record<Exclude<Operation, "webhook">, Shapes>> = {
  token: { request: "none", answers: { 200: "token#AuthorizationTokenResponse" }, refusal: "epayment#Problem" },
  create: {
    request: "epayment#CreatePaymentRequest",
    answers: { 201: "epayment#CreatePaymentResponse" },
    refusal: "epayment#Problem",
  },
  get: { request: "none", answers: { 200: "epayment#GetPaymentResponse" }, refusal: "epayment#Problem" },
  events: { request: "none", answers: { 200: "list epayment#PaymentEvent" }, refusal: "epayment#Problem" },
  cancel: { request: "epayment#CancelModificationRequest", ...modified },
  capture: { request: "epayment#CaptureModificationRequest", ...modified },
  refund: { request: "epayment#RefundModificationRequest", ...modified },
  forceApprove: { request: "epayment#ForceApprove", answers: { 200: "none" }, refusal: "epayment#Problem" },
  qrPut: { ...qrCall, request: "qr#MerchantCallbackPutRequest", answers: { 200: "none" } },
  qrPutMobilePay: { ...qrCall, request: "qr#MerchantCallbackMobilePayPutRequest", answers: { 200: "none" } },
  qrGet: { ...qrCall, answers: { 200: "qr#MerchantCallbackQr" } },
  qrList: { ...qrCall, answers: { 200: "list qr#MerchantCallbackQr" } },
  qrDelete: { ...qrCall, answers: { 200: "none" } },
  webhookRegister: {
    ...webhookCall,
    request: "webhooks#RegisterRequest",
    answers: { 201: "webhooks#RegisterResponse" },
  },
  webhookList: { ...webhookCall, answers: { 200: "webhooks#QueryResponse" } },
  webhookDelete: { ...webhookCall, answers: { 204: "none" } },
  ledgers: { request: "none", answers: { 200: "report#Ledgers" }, refusal: "report#Refusal" },
  report: { request: "none", answers: { 200: "report#Report" }, refusal: "report#Refusal" },
  salesUnit: { ...qrCall, refusal: "epayment#Problem", answers: { 200: "management#SalesUnit" } },
};

const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, allowUnionTypes: true, formats: {} });
addFormats.default(ajv);
for (const [name, document] of Object.entries({ token: accessToken, epayment, management, qr, report, webhooks })) {
  ajv.addSchema(document, name);
}

/** Throws unless a call that the platform accepted, and what it answered, are of the published form. */
export function checkExchange(operation: Operation, sent: string, status: number, answered: string): void {
  if (operation === "webhook") throw new Error("A webhook is not a call.");
  const { request, answers, refusal } = shapes[operation];
  // The QR API answers a conflict with the id alone.
  const conflict = operation === "qrPutMobilePay" && status === 409;
  if (status >= 400) check(`${operation} ${status}`, conflict ? "none" : refusal, conflict ? "" : answered);
  else {
    check(`${operation} request`, request, sent === "" && request !== "none" ? "{}" : sent);
    check(`${operation} ${status}`, answers[status] ?? "no such status", answered);
  }
}

/** Throws unless a webhook's body is of the published form. */
export function checkPaymentWebhook(body: string): void {
  check("webhook", "epayment#WebhookEvent", body);
}

function check(what: string, shape: string, body: string): void {
  if (shape === "none") {
    if (body !== "") throw new Error(`${what}: a body where none is published: ${body}`);
    return;
  }
  const validate = validator(shape);
  if (!validate(JSON.parse(body)))
    throw new Error(`${what} is not ${shape}: ${ajv.errorsText(validate.errors)}: ${body}`);
}

const compiled = new Map<string, ValidateFunction>();

function validator(shape: string): ValidateFunction {
  const known = compiled.get(shape);
  if (known) return known;
  const [document = "", name = ""] = shape.replace("list ", "").split("#");
  const schema = { $ref: `${document}#/$defs/${name}` };
  const made = ajv.compile(shape.startsWith("list ") ? { type: "array", items: schema } : schema);
  compiled.set(shape, made);
  return made;
}
