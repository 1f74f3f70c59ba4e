import type { Health } from "../system/health.ts";
import { type Check, failed, ok } from "./check.ts";

/** What the running service itself says of its devices: it alone has opened them. */
export function checkServiceDevices(health: Health | undefined): Check[] {
  return (health?.devices ?? []).map(({ deviceId, name: device, state, detail }) => {
    const name = `service.${deviceId}`;
    if (state === "ready") return ok(name, `The service reads the ${device}.`);
    if (state === "connecting") return { name, state: "unknown", says: `The service is looking for it (${device}).` };
    const why = detail === undefined ? "" : `: ${detail}`;
    return failed(name, `The service does not have it (${device})${why}.`, "See the line about this device above.");
  });
}
