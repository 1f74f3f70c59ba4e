import { type MethodName, methodTable } from "../protocol/methods.ts";
import type { Right } from "../protocol/rights.ts";

/** The console's own methods are for the console alone, and nearly all others for the pages and programs alone. */
export function isMethodOpenTo(method: MethodName, isConsole: boolean): boolean {
  const { callers } = methodTable[method];
  return callers === "all" || callers === (isConsole ? "console" : "pages");
}

/** False for a method that stands in no row, whatever the rights are. */
export function mayCall(rights: readonly Right[], method: MethodName): boolean {
  if (!Object.hasOwn(methodTable, method)) return false;
  const needed = methodTable[method].right;
  return needed === "none" || needed === "read" || rights.includes(needed);
}
