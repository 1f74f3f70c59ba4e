import { BridgeError } from "../protocol/errors.ts";
import type { Told } from "./check-ins.ts";
import type { Outcome, ToldCheckIn } from "./receiver.ts";

/** Where a till takes what MobilePay tells. */
export interface TillPorts {
  /** As of `CheckIns`. */
  readonly notify: (told: Told) => Promise<boolean>;
  /** As of `Payments`: only makes the till ask sooner. */
  readonly nudge: (reference: string) => void;
}

/** Hands a check-in to the till, and says in one word how that went. */
export function takerFor({ notify }: TillPorts): (checkIn: ToldCheckIn) => Promise<Outcome> {
  return async (checkIn) => {
    try {
      return (await notify(checkIn)) ? "taken" : "notHere";
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      if (error.code === "CHECK_IN_STALE") return "stale";
      return error.code === "NOT_PAIRED" ? "notHere" : "unavailable";
    }
  };
}
