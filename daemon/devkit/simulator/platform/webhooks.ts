import { PlatformRefusal } from "./errors.ts";
import type { PaymentEventName } from "./payment.ts";

const paymentEventTypes = (
  ["CREATED", "AUTHORIZED", "CAPTURED", "CANCELLED", "REFUNDED", "ABORTED", "EXPIRED", "TERMINATED"] as const
).map(paymentEventType);

/** The event that a customer's scan of a merchant callback code sends. */
export const checkInEventType = "user.checked-in.v1";

/** Webhook event type of a line in a payment's event log. */
export function paymentEventType(name: PaymentEventName): string {
  return `epayments.payment.${name.toLowerCase()}.v1`;
}

/** All that can be registered for. */
export const eventTypes: ReadonlySet<string> = new Set([...paymentEventTypes, checkInEventType]);
const registrationsMax = 25;

/** Where to send which events. The secret signs them and is shown once, at registration. */
export interface SimulatedWebhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly secret: string;
  readonly msn: string;
  /** Aborts when the registration is deleted: nothing more is sent. */
  readonly removed: AbortController;
}

/** The registrations of the Webhooks API. There is no update. */
export class Webhooks {
  readonly #byId = new Map<string, SimulatedWebhook>();
  readonly #uuid: () => string;

  constructor(uuid: () => string) {
    this.#uuid = uuid;
  }

  register(msn: string, url: string, events: readonly string[]): SimulatedWebhook {
    checkUrl(url);
    for (const event of events) this.#checkEvent(event);
    const secret = Buffer.from(`${this.#uuid()}${this.#uuid()}`).toString("base64");
    const made = { id: this.#uuid(), url, events: [...new Set(events)], secret, msn, removed: new AbortController() };
    this.#byId.set(made.id, made);
    return made;
  }

  list(): SimulatedWebhook[] {
    return [...this.#byId.values()];
  }

  interestedIn(event: string): SimulatedWebhook[] {
    return this.list().filter((registration) => registration.events.includes(event));
  }

  remove(id: string): void {
    const registration = this.#byId.get(id);
    if (!registration) throw fault("id", "No webhook is registered under this id.");
    this.#byId.delete(id);
    registration.removed.abort();
  }

  /** 25 registrations per event; one for check-ins, so a shop's tills must share a receiver. */
  #checkEvent(event: string): void {
    if (!eventTypes.has(event)) throw fault("events", `Unknown event ${event}.`);
    const most = event === checkInEventType ? 1 : registrationsMax;
    if (this.interestedIn(event).length >= most) throw fault("events", `At most ${most} webhooks for ${event}.`);
  }
}

/** The platform wants https; here plain http to this machine is accepted too, because that is where a simulator's receiver runs. */
function checkUrl(text: string): void {
  const { protocol, hostname } = new URL(text);
  const local = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  if (protocol !== "https:" && !(local && protocol === "http:")) throw fault("url", "The URL must use HTTPS.");
}

function fault(name: string, reason: string): PlatformRefusal {
  return new PlatformRefusal(400, "Bad Request", [{ name, reason }]);
}
