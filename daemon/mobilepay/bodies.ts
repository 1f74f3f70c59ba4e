import type { FoundCustomer, CreateRequest } from "../payments/payment/request-bodies.ts";
import type { Money, Receipt } from "../protocol/values.ts";

/**
 * The body of `POST /epayment/v1/payments`. The platform refuses fields that it does not know. CUSTOMER_PRESENT is a duty
 * in a shop; a one-time code needs no customer, and its text (not a picture) is asked for.
 */
export function createBody(order: CreateRequest): string {
  const description = order.description?.trim().slice(0, 100);
  return JSON.stringify({
    amount: amountOf(order.amount),
    paymentMethod: { type: "WALLET" },
    ...flowOf(order.customer),
    customerInteraction: "CUSTOMER_PRESENT",
    reference: order.reference,
    ...(description !== undefined && description.length >= 3 && { paymentDescription: description }),
    ...(order.receipt && { receipt: receiptOf(order.receipt) }),
  });
}

/** The body of capture and refund. */
export function amountBody(amount: Money): string {
  return JSON.stringify({ modificationAmount: amountOf(amount) });
}

/** The body of cancel. Always explicit: an empty one has given type errors. */
export function cancelBody(onlyIfNotApproved: boolean): string {
  return JSON.stringify({ cancelTransactionOnly: onlyIfNotApproved });
}

function amountOf({ currency, value }: Money): Money {
  return { currency, value };
}

/** Exactly one way to name the customer; more than one is an error. */
function flowOf(customer: FoundCustomer) {
  switch (customer.by) {
    case "tillTag":
      return { userFlow: "PUSH_MESSAGE", customer: { customerToken: customer.customerToken } };
    case "customerQr":
      return { userFlow: "PUSH_MESSAGE", customer: { personalQr: customer.content } };
    case "phone":
      return { userFlow: "PUSH_MESSAGE", customer: { phoneNumber: customer.phoneNumber } };
    case "screenQr":
      return { userFlow: "QR", qrFormat: { format: "TEXT/TARGETURL" } };
  }
}

/** Units without a price are left out: the platform requires both, and shows them as decoration only. */
function receiptOf(receipt: Receipt) {
  return {
    orderLines: receipt.orderLines.map(({ unitInfo, ...line }) => ({
      ...line,
      ...(unitInfo?.unitPrice !== undefined && { unitInfo }),
    })),
    bottomLine: receipt.bottomLine,
  };
}
