import { freePort } from "../http/http-server.ts";
import type { SimulatedPlatform } from "../simulator/platform/platform.ts";
import { eventTypes } from "../simulator/platform/webhooks.ts";

/** Where the till of the demo is told of scans and payments. */
export interface DemoWebhook {
  readonly url: string;
  readonly port: number;
  readonly secret: string;
}

/** Registers an address on this machine with the platform, as `tillbridge webhooks register` does in a shop. */
export async function registerWebhook(platform: SimulatedPlatform): Promise<DemoWebhook> {
  // The same whenever the till gets its power back.
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/mobilepay`;
  const { merchantSerialNumber } = platform.unit.credentials;
  const { secret } = platform.webhooks.register(merchantSerialNumber, url, [...eventTypes]);
  return { url, port, secret };
}
