import type { SimulatedCheckIns } from "./check-ins.ts";
import { byPersonalQr, type SimulatedCustomer } from "./customers.ts";
import { refuse } from "./errors.ts";
import type { CreatePaymentRequest } from "./requests.ts";
import { mobilePayErrorCodes } from "../../../mobilepay/error-codes.ts";

const servedCountries = /^(45|47|46|358)/;

/** The phone number of the customer whom a create request names, in one of the three ways; refuses when there is nobody to ask. */
export function customerOf(
  request: CreatePaymentRequest,
  customers: ReadonlyMap<string, SimulatedCustomer>,
  checkIns: SimulatedCheckIns,
): string | undefined {
  const { customer } = request;
  if (!customer) return undefined;
  const found = find(customer, customers, checkIns);
  // Too young gets the same answer as unknown: a shop must not learn which.
  if (!found || found.age < (request.minimumUserAge ?? 0)) refuse(mobilePayErrorCodes.customerNotFound);
  return found.phoneNumber;
}

function find(
  named: NonNullable<CreatePaymentRequest["customer"]>,
  customers: ReadonlyMap<string, SimulatedCustomer>,
  checkIns: SimulatedCheckIns,
): SimulatedCustomer | undefined {
  if (named.customerToken !== undefined)
    return customers.get(
      checkIns.phoneNumberOf(named.customerToken) ?? refuse(mobilePayErrorCodes.invalidCustomerToken),
    );
  if (named.personalQr !== undefined)
    return byPersonalQr(customers, named.personalQr) ?? refuse(mobilePayErrorCodes.invalidPersonalQr);
  if (!servedCountries.test(named.phoneNumber ?? "")) refuse(mobilePayErrorCodes.invalidPhoneNumber);
  return customers.get(named.phoneNumber ?? "");
}
