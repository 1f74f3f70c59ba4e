import { defaultCredentials } from "../../daemon/devkit/simulator/sales-unit.ts";

/** The sales unit that all tills of the load belong to, and what each is called. */
export const msn = defaultCredentials.merchantSerialNumber;

export function tillName(index: number): string {
  return `till${index}`;
}

export function tagOf(index: number): string {
  return String(100_000_000_000_000 + index);
}

export function passwordOf(index: number): string {
  return `${tillName(index)}-password`;
}
