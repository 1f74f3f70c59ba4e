import { BridgeError } from "../protocol/errors.ts";
import type { CheckInNotice } from "./check-ins.ts";
import type { CheckInOutcome, DatedCheckInNotice } from "./receiver.ts";

/** Where a till takes what MobilePay's webhooks report. */
export interface TillPorts {
  /** As of `CheckIns`. */
  readonly notify: (notice: CheckInNotice) => Promise<boolean>;
  /** As of `Payments`: only makes the till ask sooner. */
  readonly requery: (reference: string) => void;
}

/** Hands a check-in to the till, and says in one word how that went. */
export function checkInHandler({ notify }: TillPorts): (checkIn: DatedCheckInNotice) => Promise<CheckInOutcome> {
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
