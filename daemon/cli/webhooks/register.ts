import { randomBytes } from "node:crypto";
import { checkInEvent, paymentEvents, type RegisteredWebhook, type WebhookRegistry } from "../../mobilepay/webhooks.ts";
import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { CommandError } from "../command.ts";
import type { WebhookStore } from "./webhook-store.ts";
import { probe } from "./probe.ts";

/** Registered apart: check-ins have one place alone, and a payment's event that cannot be delivered must not hold them up. */
export const purposes = { checkIns: [checkInEvent], payments: paymentEvents } as const;
export type Purpose = keyof typeof purposes;

export interface RegisterTools {
  readonly registry: WebhookRegistry;
  readonly stored: WebhookStore;
  readonly merchantSerialNumber: string;
  readonly url: string;
  /** Ask the address itself before anything is changed, and after. */
  readonly probes: boolean;
  /** The best time there is, milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly world: World;
  readonly print: (line: string) => void;
}

/** A shop without a registration gets no check-ins: worth more than one try. */
const triesMax = 5;
/** MobilePay's registration may lag a moment behind its own answer. */
const retryMs = 1_000;

/**
 * Registers the address and replaces what was registered for it before. The new one is there, kept and seen to work before the old one
 * goes; only where MobilePay has no room for two the old one goes first, a moment before. Throws `CommandError`.
 */
export async function register(purpose: Purpose, tools: RegisterTools): Promise<void> {
  const { registry, stored, url, print } = tools;
  const listed = await registry.list();
  const old = listed.filter((webhook) => isOurs(webhook, purpose, tools));
  if (tools.probes) await checkAddress(tools);
  const made = await makeNew(purpose, old, listed, tools);
  try {
    if (tools.probes) await verifyReachable({ ...made, url }, tools);
  } catch (error) {
    await takeBack(made.id, old, tools);
    throw error;
  }
  for (const { id } of old) {
    if (id !== made.id) await registry.remove(id);
    await stored.remove(id);
  }
  print(`${purpose}: registered ${url} as ${made.id}.`);
}

/** What we registered before, or what was registered for this very address and its secret lost. */
function isOurs(webhook: RegisteredWebhook, purpose: Purpose, { stored, url }: RegisterTools): boolean {
  if (!webhook.events.some((event) => purposes[purpose].some((own) => own === event))) return false;
  return webhook.url === url || stored.all().some(({ id }) => id === webhook.id);
}

/** With a secret of our own for a moment, so that nothing has to be registered to find out that the address does not answer. */
async function checkAddress(tools: RegisterTools): Promise<void> {
  const secret = randomBytes(32).toString("base64");
  const id = `probe-${tools.world.uuid()}`;
  await store({ id, secret }, [], tools);
  try {
    await verifyReachable({ secret, url: tools.url }, tools);
  } finally {
    await tools.stored.remove(id);
  }
}

async function verifyReachable({ secret, url }: { secret: string; url: string }, tools: RegisterTools): Promise<void> {
  const { merchantSerialNumber, world, nowMs } = tools;
  const refused = await probe({ url, secret, merchantSerialNumber }, world, nowMs());
  if (refused === undefined) return;
  throw new CommandError(
    `${url} does not take webhooks: ${refused}. Nothing was changed. Is the receiver running, and does it read the file that is written here? (--no-probe registers all the same)`,
  );
}

type Made = Awaited<ReturnType<WebhookRegistry["register"]>>;

async function makeNew(
  purpose: Purpose,
  old: readonly RegisteredWebhook[],
  listed: readonly RegisteredWebhook[],
  tools: RegisterTools,
): Promise<Made> {
  try {
    return await makeAndKeep(purpose, tools);
  } catch (error) {
    if (purpose !== "checkIns" || !isRefused(error)) throw error;
    const holder = listed.find(({ events }) => events.includes(checkInEvent));
    if (!holder) throw error;
    if (!old.includes(holder)) throw new CommandError(inTheWayWords(holder));
    return await replaceFirst(holder, tools);
  }
}

function isRefused(error: unknown): error is BridgeError {
  return error instanceof BridgeError && error.code === "MOBILEPAY_REFUSED";
}

function inTheWayWords({ id, url }: RegisteredWebhook): string {
  return `MobilePay has room for one registration of check-ins, and ${url} has it. If that is no longer used: tillbridge webhooks remove ${id}`;
}

/** No room for two: from here until the new one is kept, a customer's scan reaches no till. */
async function replaceFirst(old: RegisteredWebhook, tools: RegisterTools): Promise<Made> {
  await tools.registry.remove(old.id);
  try {
    return await registerWithRetry(tools);
  } catch (error) {
    if (!isRefused(error)) throw error;
    // It was not for want of room: the address itself is not taken.
    await registerWithRetry({ ...tools, url: old.url });
    throw new CommandError(`MobilePay does not take ${tools.url}; ${old.url} is registered again.`);
  }
}

/** Nothing is registered meanwhile: MobilePay being out of reach for a moment is no reason to give up. */
async function registerWithRetry(tools: RegisterTools): Promise<Made> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await makeAndKeep("checkIns", tools);
    } catch (error) {
      if (isRefused(error) || !(error instanceof BridgeError)) throw error;
      if (tries === triesMax) tools.print("NOTHING IS REGISTERED FOR CHECK-INS NOW. Run this again.");
      if (tries === triesMax) throw error;
      await tools.world.sleep(retryMs * tries);
    }
  }
}

async function makeAndKeep(purpose: Purpose, tools: RegisterTools): Promise<Made> {
  const events = purposes[purpose];
  const made = await tools.registry.register(tools.url, events);
  await store(made, events, tools);
  return made;
}

async function store(
  { id, secret }: Made,
  events: readonly string[],
  { stored, url, merchantSerialNumber, world }: RegisterTools,
): Promise<void> {
  const registeredAt = new Date(world.now()).toISOString();
  await stored.add({ id, merchantSerialNumber, url, events: [...events], secret, registeredAt });
}

/** What does not work is not left behind, as long as the old one still stands. */
async function takeBack(
  id: string,
  old: readonly RegisteredWebhook[],
  { registry, stored }: RegisterTools,
): Promise<void> {
  const listed = await registry.list();
  if (old.length > 0 && !old.some((webhook) => listed.some((found) => found.id === webhook.id))) return;
  await registry.remove(id);
  await stored.remove(id);
}
