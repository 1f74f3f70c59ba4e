import type { Config } from "../../config/config.ts";
import { silentLogger } from "../../log/logger.ts";
import { createMobilePay, type MobilePay } from "../../mobilepay/client.ts";
import type { World } from "../../world.ts";

/** The client as the service itself uses it; the caller closes it. */
export function clientFor(
  settings: Config["mobilepay"],
  { world, version }: { readonly world: World; readonly version: string },
): MobilePay {
  const identity = { ...settings, systemName: "tillbridge", systemVersion: version };
  return createMobilePay({ ...identity, world, log: silentLogger });
}
