import type { Money, Receipt } from "../../protocol/values.ts";

/**
 * The exact bodies of MobilePay's requests. Pure: they are journaled before they are sent, and sent again unchanged.
 */
export interface RequestBodies {
  createBody(order: CreateRequest): string;
  /** Of a capture or refund of this amount. */
  amountBody(amount: Money): string;
}

export interface CreateRequest {
  readonly reference: string;
  readonly amount: Money;
  readonly customer: FoundCustomer;
  readonly description?: string;
  readonly receipt?: Receipt;
}

/** The customer as MobilePay can be given one: by check-in token, the text of their own code, phone number, or a code on our screen. */
export type FoundCustomer =
  | { readonly by: "tillTag"; readonly customerToken: string }
  | { readonly by: "customerQr"; readonly content: string }
  | { readonly by: "phone"; readonly phoneNumber: string }
  | { readonly by: "screenQr" };
