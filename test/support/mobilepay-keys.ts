import type { MobilePayOptions } from "../../daemon/mobilepay/client.ts";

/** Made-up keys, each recognisable wherever it turns up. */
export const testKeys = {
  merchantSerialNumber: "123456",
  clientId: "canary-client-id",
  clientSecret: "canary-client-secret",
  subscriptionKey: "canary-subscription-key",
  systemName: "tillbridge",
  systemVersion: "0.0.0",
} as const satisfies Partial<MobilePayOptions>;
