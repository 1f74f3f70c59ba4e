import type { Config } from "../../config/config.ts";
import type { StoredWebhook } from "../../config/stored-webhooks.ts";
import { checkInEvent, type RegisteredWebhook } from "../../mobilepay/webhooks.ts";
import type { World } from "../../world.ts";
import { type Check, failed, ok, warning } from "../doctor/check.ts";
import { probe } from "./probe.ts";

export interface Registrations {
  /** As MobilePay lists them. */
  readonly listed: readonly RegisteredWebhook[];
  readonly stored: readonly StoredWebhook[];
  /** The address that this till's settings name; a relay's is not known to its tills. */
  readonly url: string | undefined;
  /** Given in the settings: then what is kept plays no part. */
  readonly secret: string | undefined;
  readonly merchantSerialNumber: string;
}

/** What the till's settings say about its webhooks. */
export function expectedBy({
  checkIn,
  mobilepay,
}: Config): Pick<Registrations, "url" | "secret" | "merchantSerialNumber"> {
  const own = checkIn.mode === "webhook" ? checkIn : undefined;
  return { url: own?.url, secret: own?.secret, merchantSerialNumber: mobilepay.merchantSerialNumber };
}

const again = "tillbridge webhooks register";

/** Whether MobilePay still calls an address, and whether it is ours. MobilePay drops a registration that gets no answer for two weeks. */
export async function checkWebhooks(registrations: Registrations, world: World, nowMs: number): Promise<Check[]> {
  return [
    checkListed(registrations),
    ...checkStored(registrations),
    ...(await checkReached(registrations, world, nowMs)),
  ];
}

function checkListed({ listed, url }: Registrations): Check {
  const name = "webhooks.checkIns";
  const found = listed.find(({ events }) => events.includes(checkInEvent));
  if (!found) return failed(name, "MobilePay tells nobody when a customer scans the till's tag.", again);
  if (url !== undefined && found.url !== url)
    return failed(name, `MobilePay tells ${found.url}, not this till.`, `If that is no longer right: ${again}`);
  return ok(name, `MobilePay tells ${found.url} when a customer scans a tag.`);
}

/** Dropped by MobilePay, or registered by another program, so that the secret is not ours. */
function checkStored({ listed, stored, url, secret }: Registrations): Check[] {
  const name = "webhooks.kept";
  const dropped = stored.filter(({ id }) => !listed.some((webhook) => webhook.id === id));
  const checks = dropped.map(({ id }) => failed(name, `MobilePay has dropped the registration ${id}.`, again));
  const own = listed.filter((webhook) => webhook.url === url);
  const unknown = secret === undefined ? own.filter(({ id }) => !stored.some((webhook) => webhook.id === id)) : [];
  return [
    ...checks,
    ...unknown.map(({ id }) => failed(name, `The secret of the registration ${id} is not kept here.`, again)),
  ];
}

async function checkReached(
  { stored, url, secret, merchantSerialNumber }: Registrations,
  world: World,
  nowMs: number,
): Promise<Check[]> {
  const name = "webhooks.reached";
  const known = stored.findLast((webhook) => url === undefined || webhook.url === url);
  const asked = secret !== undefined && url !== undefined ? { url, secret } : known;
  if (!asked) return [];
  const refused = await probe({ url: asked.url, secret: asked.secret, merchantSerialNumber }, world, nowMs);
  if (refused === undefined) return [ok(name, `${asked.url} leads to a receiver that knows the secret.`)];
  const hint =
    "Check that the receiver runs, and the proxy, tunnel or firewall before it. From inside the shop an address may look dead that is not.";
  return [warning(name, `${asked.url}: ${refused}.`, hint)];
}
