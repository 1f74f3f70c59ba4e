import type { CountryCode } from "libphonenumber-js/min";
import type { Currency } from "../protocol/values.ts";

/** Where a number without a country code is, by the currency of the agreement. */
const countries: Readonly<Record<Currency, CountryCode>> = { DKK: "DK", EUR: "FI", NOK: "NO", SEK: "SE" };
/** What MobilePay takes: digits of country and subscriber. Source: ePayment 1.8.1, `CustomerPhoneNumber`. */
const msisdn = /^\d{9,15}$/;

/**
 * The number as MobilePay takes it, of what a cashier typed: with or without country code, with `+` or `00`, spaces and dashes.
 * Undefined when it cannot be a phone number. Whether it is anybody's only MobilePay knows. The library is loaded by the first number.
 */
export async function msisdnOf(typed: string, currency: Currency): Promise<string | undefined> {
  if (/\p{L}/u.test(typed)) return undefined;
  const { default: parse } = await import("libphonenumber-js/min");
  const digitsOf = (text: string, country?: CountryCode) => {
    const parsed = parse(text, { ...(country && { defaultCountry: country }), extract: false });
    const digits = parsed?.isPossible() ? parsed.number.slice(1) : "";
    return msisdn.test(digits) ? digits : undefined;
  };
  const plain = typed.replaceAll(/[^\d+]/g, "");
  // Digits that begin with a country code have always been taken as such, also those that could be a number of this country.
  const international = /^[1-9]\d{8,14}$/.test(plain) ? digitsOf(`+${plain}`) : undefined;
  return international ?? digitsOf(plain.replace(/^00/, "+"), countries[currency]);
}
