import type { WalletCurrency } from "../sales-unit.ts";

/** A customer with the app on a phone. All of them are made up; the numbers cannot be anyone's. */
export interface SimulatedCustomer {
  /** MSISDN digits. */
  readonly phoneNumber: string;
  readonly name: string;
  readonly age: number;
  /** The text of the QR code that this customer shows at a till. Opaque. */
  readonly personalQr: string;
}

const countryCodes: Readonly<Record<WalletCurrency, string>> = { DKK: "45", EUR: "358", NOK: "47" };

/** The customers of a market, by phone number. The last one is a child, to try `minimumUserAge`. */
export function makeCustomers(currency: WalletCurrency, uuid: () => string): Map<string, SimulatedCustomer> {
  const ages = [34, 61, 12];
  const customers = ages.map((age, index) => ({
    phoneNumber: `${countryCodes[currency]}0000000${index + 1}`,
    name: `Customer ${"ABC".charAt(index)}`,
    age,
    personalQr: `https://qr.vipps.no/p/${uuid().replaceAll("-", "")}`,
  }));
  return new Map(customers.map((customer) => [customer.phoneNumber, customer]));
}

/**
 * The customer whose personal QR code this is: the opaque form that is shown today, or the older one that names the number
 * (`https://qr.vipps.no/28/2/01/031/{MSISDN}?v=1`).
 */
export function byPersonalQr(
  customers: ReadonlyMap<string, SimulatedCustomer>,
  content: string,
): SimulatedCustomer | undefined {
  const number = /^https:\/\/qr\.vipps\.no\/28\/2\/01\/031\/(\d{9,15})\?v=1$/.exec(content)?.[1];
  if (number !== undefined) return customers.get(number);
  return [...customers.values()].find((customer) => customer.personalQr === content);
}
