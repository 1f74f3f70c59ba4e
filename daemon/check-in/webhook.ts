import type { Logger } from "../log/logger.ts";
import type { World } from "../world.ts";
import { checkInHandler, type TillPorts } from "./till-ports.ts";
import { createReceiver } from "./receiver.ts";
import { startWebhookServer, type WebhookServer } from "./webhook-server.ts";

export interface WebhookOptions extends TillPorts {
  readonly listen: { readonly address: string; readonly port: number; readonly tls?: { cert: string; key: string } };
  /** The address as it is registered with MobilePay. */
  readonly url: string;
  /** Asked at every request. */
  readonly secrets: () => readonly string[];
  readonly merchantSerialNumber: string;
  /** MobilePay's time, milliseconds since 1970, where it is known. */
  readonly mobilePayNow: () => number | undefined;
  readonly learnTime: () => Promise<void>;
  readonly world: World;
  readonly log: Logger;
}

/** Listens for the webhooks of this one till. Throws `WebhookListenError`. */
export function startWebhook(options: WebhookOptions): Promise<WebhookServer> {
  const { listen, url, secrets, merchantSerialNumber, mobilePayNow, learnTime, world, log } = options;
  const receiver = createReceiver({
    registrations: [{ url, merchantSerialNumber, secrets }],
    nowMs: () => mobilePayNow() ?? world.now(),
    learnTime,
    acceptCheckIn: checkInHandler(options),
    requery: (_merchantSerialNumber, reference) => options.requery(reference),
    world,
    log,
  });
  return startWebhookServer({ listen, receiver, world, log });
}
