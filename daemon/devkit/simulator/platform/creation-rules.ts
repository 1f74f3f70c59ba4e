import type { SalesUnit } from "../sales-unit.ts";
import { type FieldFault, refuse, refuseFields } from "./errors.ts";
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
  const faults = receiptFaults(request);
  if (faults.length > 0) refuseFields(faults);
}

/** Amounts that cannot be, and codes that no scanner reads: the platform has no codes for them, only the names of fields. */
function receiptFaults({ receipt, amount }: CreatePaymentRequest): FieldFault[] {
  if (!receipt) return [];
  const { orderLines, bottomLine } = receipt;
  const ofLines = orderLines.flatMap((line, index) => lineFaults(line, `receipt.orderLines[${index}]`));
  const { format, data } = bottomLine.barcode ?? {};
  const ofBarcode =
    format && !barcodes[format].test(data ?? "")
      ? [{ name: "receipt.bottomLine.barcode.data", reason: `Not a ${format}.` }]
      : [];
  if (ofLines.length + ofBarcode.length > 0) return [...ofLines, ...ofBarcode];
  if (format === "EAN-13" && ean13CheckDigit(data ?? "") !== data?.at(-1))
    return [{ name: "receipt.bottomLine.barcode.data", reason: "The check digit is wrong." }];
  if (bottomLine.currency !== amount.currency)
    return [{ name: "receipt.bottomLine.currency", reason: "Must be the currency of the amount." }];
  const sum = orderLines.map((line) => (line.isReturn ? -1 : 1) * line.totalAmount).reduce((one, other) => one + other);
  const otherwise =
    Object.values(bottomLine.paymentSources ?? {}).reduce((one, other) => (one ?? 0) + (other ?? 0), 0) ?? 0;
  const isWhole = sum + (bottomLine.tipAmount ?? 0) === amount.value + otherwise;
  return isWhole ? [] : [{ name: "receipt.orderLines", reason: "The lines do not come to the amount." }];
}

const barcodes = { "EAN-13": /^\d{13}$/, "CODE 39": /^[A-Z0-9 $%*+./-]+$/, "CODE 128": /^[\x20-\x7e]+$/ } as const;

function ean13CheckDigit(data: string): string {
  const odd = [0, 2, 4, 6, 8, 10].reduce((sum, at) => sum + Number(data[at]), 0);
  const even = [1, 3, 5, 7, 9, 11].reduce((sum, at) => sum + Number(data[at]), 0);
  return String((10 - ((odd + 3 * even) % 10)) % 10);
}

function lineFaults(line: OrderLine, name: string): FieldFault[] {
  const { totalAmount, totalAmountExcludingTax, totalTaxAmount } = line;
  const sums = { totalAmount, totalAmountExcludingTax, totalTaxAmount };
  const negative = Object.entries(sums).find(([, value]) => value < 0);
  if (negative) return [{ name: `${name}.${negative[0]}`, reason: "Must not be negative." }];
  if (totalAmount - totalAmountExcludingTax === totalTaxAmount) return [];
  const reason = "Total amount - total amount excluding tax don't match order line total tax amount.";
  return [{ name: `${name}.totalTaxAmount`, reason }];
}

type OrderLine = NonNullable<CreatePaymentRequest["receipt"]>["orderLines"][number];

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
