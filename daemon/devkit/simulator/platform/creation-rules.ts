import type { SalesUnit } from "../sales-unit.ts";
import { refuse } from "./errors.ts";
import type { CreatePaymentRequest } from "./requests.ts";

const minuteMs = 60_000;
/** A payment that nobody answers ends after this. */
export const defaultLifeMs = 10 * minuteMs;
const longestLifeMs = 60 * 24 * 60 * minuteMs;
const smallestValue: Readonly<Record<string, number>> = { NOK: 100, DKK: 1, EUR: 1 };
const scopes: ReadonlySet<string> = new Set(["name", "address", "email", "phoneNumber", "birthDate", "nin"]);

/** Refuses a well-formed create request that breaks a rule of the platform or of the sales unit. The customer is looked up elsewhere. */
export function checkCreation(request: CreatePaymentRequest, unit: SalesUnit, nowMs: number): void {
  checkMethod(request, unit);
  checkAmount(request, unit);
  checkFlow(request, unit);
  checkExpiry(request, unit, nowMs);
  checkMetadata(request.metadata ?? {});
  checkRest(request);
}

function checkMethod(request: CreatePaymentRequest, unit: SalesUnit): void {
  const { type, blockedSources } = request.paymentMethod;
  if (type === "CARD_PASSTHROUGH") refuse(4160);
  if (type === "CARD" && request.userFlow !== "WEB_REDIRECT") refuse(4160);
  if (blockedSources && unit.currency === "NOK") refuse(5010);
}

function checkAmount(request: CreatePaymentRequest, unit: SalesUnit): void {
  const { currency, value } = request.amount;
  if (currency !== unit.currency) refuse(5040);
  if (value < (smallestValue[currency] ?? 1)) refuse(6010);
}

function checkFlow(request: CreatePaymentRequest, unit: SalesUnit): void {
  if (request.userFlow === "PUSH_MESSAGE" && !unit.features.pushMessage) refuse(5080);
  if (request.userFlow === "PUSH_MESSAGE" && !request.customer) missing("customer");
  if (request.userFlow === "WEB_REDIRECT" && request.returnUrl === undefined) missing("returnUrl");
  if (request.returnUrl !== undefined && !isUrl(request.returnUrl)) refuse(4090);
  if (request.receiptUrl && !isUrl(request.receiptUrl)) refuse(4090);
}

function missing(name: string): never {
  refuse(4140, { name, reason: `The ${name} field is required for this userFlow.` });
}

/** https, or an app's own scheme. */
function isUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol !== "http:";
}

function checkExpiry(request: CreatePaymentRequest, unit: SalesUnit, nowMs: number): void {
  if (!request.expiresAt) return;
  if (!unit.features.longLiving) refuse(5050);
  const lifeMs = Date.parse(request.expiresAt) - nowMs;
  if (lifeMs <= defaultLifeMs) refuse(6120);
  if (lifeMs >= longestLifeMs) refuse(6110);
  if (!request.receipt) refuse(6130);
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(metadata);
  if (pairs.length > 5) refuse(4100);
  if (pairs.some(([key]) => key.length > 100)) refuse(4120);
  if (pairs.some(([, value]) => value.length > 500)) refuse(4130);
}

function checkRest(request: CreatePaymentRequest): void {
  if (request.shipping) refuse(5020);
  const asked = request.profile?.scope?.split(" ").filter((scope) => scope !== "") ?? [];
  if (asked.some((scope) => !scopes.has(scope))) refuse(4080);
  if (asked.includes("nin")) refuse(5030);
}

/** When a payment created now ends by itself, in milliseconds since 1970. */
export function expiryMs(request: CreatePaymentRequest, nowMs: number): number {
  return request.expiresAt ? Date.parse(request.expiresAt) : nowMs + defaultLifeMs;
}
