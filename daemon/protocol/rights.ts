import * as z from "zod";
import type { MethodName } from "./methods.ts";

/**
 * What a client may do. `read`: see the till, its payments and events; every client may. `sell`: take payments, claim the devices,
 * decide what a power cut left open. `refund`: give money back. `settings`: the payment method and the till's tag.
 */
export const right = z.enum(["read", "sell", "refund", "settings"]);
export type Right = z.infer<typeof right>;
export const allRights: readonly Right[] = right.options;

/** Methods of the till's own console have a door of their own. */
type RightMethod = Exclude<MethodName, `console.${string}`>;

/** The column of the method table that says who may call. A method without a row does not compile, and nobody may call it. */
export const methodRights: Readonly<Record<RightMethod, Right | "none">> = {
  "session.hello": "none",
  "session.requestAccess": "none",
  "till.get": "read",
  "paymentMethod.set": "settings",
  "pairing.start": "settings",
  "pairing.cancel": "settings",
  "pairing.register": "settings",
  "pairing.remove": "settings",
  "payment.start": "sell",
  "payment.get": "read",
  "payment.list": "read",
  "payment.cancel": "sell",
  "payment.complete": "sell",
  "refund.start": "refund",
  "refund.get": "read",
  "recovery.list": "read",
  "recovery.resolve": "sell",
  "checkIn.notify": "sell",
  "device.list": "read",
  "device.claim": "sell",
  "device.release": "sell",
  "events.replay": "read",
  "health.get": "read",
  "rpc.discover": "read",
};

/** The right that a method needs; undefined for methods that need none, and for those of the console. */
export function rightFor(method: MethodName): Right | undefined {
  const needed = isConsoleMethod(method) ? "none" : methodRights[method];
  return needed === "none" ? undefined : needed;
}

/** False for a method that stands in no row, whatever the rights are. */
export function mayCall(rights: readonly Right[], method: MethodName): boolean {
  if (isConsoleMethod(method)) return true;
  const needed: Right | "none" | undefined = methodRights[method];
  return needed !== undefined && (needed === "none" || needed === "read" || rights.includes(needed));
}

function isConsoleMethod(method: MethodName): method is Exclude<MethodName, RightMethod> {
  return method.startsWith("console.");
}
