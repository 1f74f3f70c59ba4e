import type { Config } from "../../config/config.ts";
import { secretNames, secretPlaces } from "../system/secret-places.ts";
import type { Secrets } from "./secrets.ts";

/** How each of the settings that a till cannot do without is given. */
const options: Readonly<Record<string, string>> = {
  "till.id": "--till-id",
  "till.name": "--till-name",
  dataDir: "--data-dir",
  origins: "--origin",
  "listen.port": "--port",
  "mobilepay.baseUrl": "--base-url",
  "mobilepay.merchantSerialNumber": "--msn",
  "mobilepay.clientId": "--client-id-file or --secrets-from-stdin",
  "mobilepay.clientSecret": "--client-secret-file or --secrets-from-stdin",
  "mobilepay.subscriptionKey": "--subscription-key-file or --secrets-from-stdin",
  "mobilepay.currency": "--currency",
  "mobilepay.proxy": "--proxy-file or --secrets-from-stdin",
  "mobilepay.ca": "--ca",
  "checkIn.mode": "--check-in",
  "checkIn.url": "--webhook-url or --broker-url",
  "checkIn.username": "--broker-username",
  "checkIn.password": "--broker-password-file or --secrets-from-stdin",
};

/** What to do about a setting that is missing or wrong; `problem` begins with its key. */
export function hintFor(problem: string): string {
  const key = /^[\w.]+/.exec(problem)?.[0] ?? "";
  const option = options[key];
  return option === undefined ? "" : ` Give it with ${option}, or in the file of --from.`;
}

/** What is set, a line each. No secret, only whether there is one. */
export function summaryOf(config: Config, coming: Secrets): string[] {
  const { till, mobilepay, origins, checkIn, listen, dataDir, devices } = config;
  const set: [string, string][] = [
    ["till", `${till.id} (${till.name})`],
    ["sales unit", `${mobilepay.merchantSerialNumber} at ${mobilepay.baseUrl}, ${mobilepay.currency}`],
    ["keys", keysIn(config, coming)],
    ["POS page", origins.length === 0 ? "none: no web page may connect (--origin)" : origins.join(", ")],
    ["check-ins", checkIn.mode === "frontend" ? checkIn.mode : `${checkIn.mode}, ${checkIn.url}`],
    ["port", String(listen.port)],
    ["data", dataDir],
    [
      "devices",
      devices.length === 0 ? "none (tillbridge setup --devices find)" : devices.map(({ driver }) => driver).join(", "),
    ],
  ];
  return set.map(([name, value]) => `${name.padEnd(11)} ${value}`);
}

function keysIn({ checkIn, mobilepay }: Config, coming: Secrets): string {
  const isUsed = { brokerPassword: checkIn.mode === "mqtt", proxy: mobilepay.proxy !== undefined };
  const names = secretNames.filter((name) => !(name in isUsed) || isUsed[name as keyof typeof isUsed]);
  return names.map((name) => `${secretPlaces[name].words} ${coming.has(name) ? "new" : "as set"}`).join(", ");
}
