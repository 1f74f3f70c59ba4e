import type { DeviceCheck } from "../driver-row.ts";

export async function checkSimulated(): Promise<DeviceCheck> {
  return {
    state: "warning",
    says: "This device is simulated.",
    hint: "For developing only: take it out in a shop.",
  };
}
