import type { PublishedCode } from "./errors.ts";
import type { PlatformMoney } from "./requests.ts";
import { mobilePayErrorCodes } from "../../../mobilepay/error-codes.ts";

/** What a forced amount does when the customer approves. */
export type ForcedApproval = { readonly result: "declined"; readonly reason: string } | { readonly result: "unknown" };

const approvals: Readonly<Record<number, ForcedApproval & { readonly norwayOnly?: true }>> = {
  151: { result: "declined", reason: "Insufficient funds" },
  182: { result: "declined", reason: "Refused by issuer" },
  183: { result: "declined", reason: "Suspected fraud" },
  184: { result: "declined", reason: "Withdrawal limit exceeded" },
  186: { result: "declined", reason: "Expired card" },
  187: { result: "declined", reason: "Invalid card" },
  197: { result: "declined", reason: "3-D Secure denied", norwayOnly: true },
  201: { result: "unknown" },
  202: { result: "declined", reason: "Strong customer authentication required", norwayOnly: true },
};

const refunds: Readonly<Record<number, PublishedCode>> = {
  123: mobilePayErrorCodes.paymentCannotBeRefunded, // the customer is gone or has no receiving account
  124: mobilePayErrorCodes.refundPeriodExpired, // the refund period is over
};

/** How long amount 201 keeps its result to itself. */
export const unknownResultMs = 3_600_000;

/** The test environment's amounts that make an approval fail, in minor units of any currency. */
export function forcedApproval(amount: PlatformMoney): ForcedApproval | undefined {
  const forced = approvals[amount.value];
  return forced?.norwayOnly && amount.currency !== "NOK" ? undefined : forced;
}

/** The test environment's amounts that make a refund fail. */
export function forcedRefund(amount: PlatformMoney): PublishedCode | undefined {
  return refunds[amount.value];
}
