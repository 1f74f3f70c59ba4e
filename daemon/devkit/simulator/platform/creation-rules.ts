import type { SalesUnit } from "../sales-unit.ts";
import { refuse } from "./errors.ts";
import type { CreatePaymentRequest } from "./requests.ts";
import { mobilePayErrorCodes } from "../../../mobilepay/error-codes.ts";

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
  if (type === "CARD_PASSTHROUGH") refuse(mobilePayErrorCodes.invalidPaymentMethodType);
  if (type === "CARD" && request.userFlow !== "WEB_REDIRECT") refuse(mobilePayErrorCodes.invalidPaymentMethodType);
  if (blockedSources && unit.currency === "NOK") refuse(mobilePayErrorCodes.blockingSourcesNotApplicable);
}

function checkAmount(request: CreatePaymentRequest, unit: SalesUnit): void {
  const { currency, value } = request.amount;
  if (currency !== unit.currency) refuse(mobilePayErrorCodes.invalidCurrencyForMerchant);
  if (value < (smallestValue[currency] ?? 1)) refuse(mobilePayErrorCodes.amountTooSmall);
}

function checkFlow(request: CreatePaymentRequest, unit: SalesUnit): void {
  if (request.userFlow === "PUSH_MESSAGE" && !unit.features.pushMessage)
    refuse(mobilePayErrorCodes.pushMessageNotAllowed);
  if (request.userFlow === "PUSH_MESSAGE" && !request.customer) missing("customer");
  if (request.userFlow === "WEB_REDIRECT" && request.returnUrl === undefined) missing("returnUrl");
  if (request.returnUrl !== undefined && !isUrl(request.returnUrl)) refuse(mobilePayErrorCodes.invalidURL);
  if (request.receiptUrl && !isUrl(request.receiptUrl)) refuse(mobilePayErrorCodes.invalidURL);
}

function missing(name: string): never {
  refuse(mobilePayErrorCodes.missingRequiredParameter, {
    name,
    reason: `The ${name} field is required for this userFlow.`,
  });
}

/** https, or an app's own scheme. */
function isUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol !== "http:";
}

function checkExpiry(request: CreatePaymentRequest, unit: SalesUnit, nowMs: number): void {
  if (!request.expiresAt) return;
  if (!unit.features.longLiving) refuse(mobilePayErrorCodes.longLivingNotAllowed);
  const lifeMs = Date.parse(request.expiresAt) - nowMs;
  if (lifeMs <= defaultLifeMs) refuse(mobilePayErrorCodes.expirationDateIsTooSoon);
  if (lifeMs >= longestLifeMs) refuse(mobilePayErrorCodes.expirationDateIsTooLate);
  if (!request.receipt) refuse(mobilePayErrorCodes.longLivingNeedsReceipt);
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(metadata);
  if (pairs.length > 5) refuse(mobilePayErrorCodes.metadataCapacityExceeded);
  if (pairs.some(([key]) => key.length > 100)) refuse(mobilePayErrorCodes.metadataKeyLengthExceeded);
  if (pairs.some(([, value]) => value.length > 500)) refuse(mobilePayErrorCodes.metadataValueLengthExceeded);
}

function checkRest(request: CreatePaymentRequest): void {
  if (request.shipping) refuse(mobilePayErrorCodes.expressPaymentNotAllowed);
  const asked = request.profile?.scope?.split(" ").filter((scope) => scope !== "") ?? [];
  if (asked.some((scope) => !scopes.has(scope))) refuse(mobilePayErrorCodes.invalidScope);
  if (asked.includes("nin")) refuse(mobilePayErrorCodes.illegalScope);
}

/** When a payment created now ends by itself, in milliseconds since 1970. */
export function expiryMs(request: CreatePaymentRequest, nowMs: number): number {
  return request.expiresAt ? Date.parse(request.expiresAt) : nowMs + defaultLifeMs;
}
