import { dirname, join, resolve } from "node:path";

/** The secrets of a till: where each belongs in the settings, the file it is kept in, and what people call it. */
export const secretPlaces = {
  clientId: { path: ["mobilepay", "clientId"], file: "client-id", words: "client_id" },
  clientSecret: { path: ["mobilepay", "clientSecret"], file: "client-secret", words: "client_secret" },
  subscriptionKey: {
    path: ["mobilepay", "subscriptionKey"],
    file: "subscription-key",
    words: "Ocp-Apim-Subscription-Key",
  },
  brokerPassword: { path: ["checkIn", "password"], file: "broker-password", words: "the broker's password" },
  proxy: { path: ["mobilepay", "proxy"], file: "proxy", words: "the proxy's address" },
} as const;

export type SecretName = keyof typeof secretPlaces;
export const secretNames = Object.keys(secretPlaces) as readonly SecretName[]; // keys of that very object

/** Where a secret is kept: beside the settings, where systemd's LoadCredential looks for it. */
export function secretFile(settingsFile: string, name: SecretName): string {
  return join(dirname(resolve(settingsFile)), secretPlaces[name].file);
}
