import type { MobilePayCheck } from "../../mobilepay/check.ts";
import type { exitCodes } from "../command.ts";

/** Exit codes of `tillbridge setup`, besides those of every command. */
export const setupCodes = {
  notReached: 4,
  keysRefused: 5,
  wrongSalesUnit: 6,
  pushNotAllowed: 7,
  notRunning: 8,
} as const;

/** What MobilePay said, as the exit code that setup ends with if all else goes well. */
export type SetupOutcome = typeof exitCodes.done | typeof setupCodes.pushNotAllowed;

/** Why the till cannot be set up with these keys, and the exit code that says so; undefined when it can. */
export function refusalIn(checks: readonly MobilePayCheck[]): { code: number; words: string } | undefined {
  const failing = (name: MobilePayCheck["name"]) => checks.find((check) => check.name === name && check.state !== "ok");
  const tell = (code: number, check: MobilePayCheck) => ({
    code,
    words: [check.says, check.hint].filter(Boolean).join(" "),
  });
  const [reachable, keys, unit] = [failing("reachable"), failing("keys"), failing("salesUnit")];
  if (reachable) return tell(setupCodes.notReached, reachable);
  if (unit?.state === "failed") return tell(setupCodes.wrongSalesUnit, unit);
  if (keys) return tell(keys.state === "failed" ? setupCodes.keysRefused : setupCodes.notReached, keys);
  if (unit) return tell(setupCodes.notReached, unit);
  return undefined;
}

/** Whether MobilePay says that this sales unit may not send payment requests to phones. */
export function pushRefused(checks: readonly MobilePayCheck[]): boolean {
  return checks.some(({ name, state }) => name === "pushMessage" && (state === "warning" || state === "failed"));
}
