import type { SimulatorClock } from "../clock.ts";
import type { CheckInBody, ScanShown } from "../shown.ts";
import type { SimulatedCustomer } from "./customers.ts";
import type { Delivery } from "./delivery.ts";
import type { MerchantQr } from "./merchant-qr.ts";
import { isoTime } from "./payment.ts";
import { checkInEventType, type Webhooks } from "./webhooks.ts";

/** Takes a check-in without a webhook; true when the shop has it. */
export type CheckInListener = (checkIn: CheckInBody) => boolean | Promise<boolean>;

const tokenLifeMs = 15 * 60_000;
const tokensMax = 10_000;

interface Ports {
  readonly clock: SimulatorClock;
  readonly webhooks: Webhooks;
  readonly delivery: Delivery;
  uuid(): string;
}

/** Customers who scanned a till's code, and the tokens that stand for them. */
export class SimulatedCheckIns {
  readonly #ports: Ports;
  readonly #listeners = new Set<CheckInListener>();
  readonly #tokens = new Map<string, { readonly phoneNumber: string; readonly untilMs: number }>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Hands every check-in to code too, as a shop's own server would hand it to its tills. Answers how to stop that. */
  listen(listener: CheckInListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the shop. The app shows "Can't connect to store" unless somebody takes the check-in at once. */
  async make(customer: SimulatedCustomer, tag: MerchantQr): Promise<ScanShown> {
    const checkIn = this.#issue(customer, tag);
    const taken = await Promise.all([...this.#byWebhook(checkIn), ...this.#byListener(checkIn)]);
    const shown = taken.includes(true) ? "connected" : "cannotConnect";
    return { shown, checkIn, locationDescription: tag.locationDescription };
  }

  /** The customer whom a token stands for, for 15 minutes after the scan. */
  phoneNumberOf(customerToken: string): string | undefined {
    const known = this.#tokens.get(customerToken);
    return known && this.#ports.clock.now() < known.untilMs ? known.phoneNumber : undefined;
  }

  #issue(customer: SimulatedCustomer, tag: MerchantQr): CheckInBody {
    const nowMs = this.#ports.clock.now();
    const customerToken = Buffer.from(`${this.#ports.uuid()}${this.#ports.uuid()}`).toString("base64");
    this.#tokens.set(customerToken, { phoneNumber: customer.phoneNumber, untilMs: nowMs + tokenLifeMs });
    const oldest = this.#tokens.keys().next().value;
    if (this.#tokens.size > tokensMax && oldest !== undefined) this.#tokens.delete(oldest);
    const initiatedAt = isoTime(nowMs).replace("Z", "0000Z");
    return { customerToken, merchantQrId: tag.merchantQrId, msn: tag.merchantSerialNumber, initiatedAt };
  }

  #byWebhook(checkIn: CheckInBody): Promise<boolean>[] {
    return this.#ports.webhooks
      .interestedIn(checkInEventType)
      .map((registration) => this.#ports.delivery.deliver(registration, checkIn.customerToken, checkIn));
  }

  #byListener(checkIn: CheckInBody): Promise<boolean>[] {
    return [...this.#listeners].map(async (listener) => {
      try {
        return await listener(checkIn);
      } catch {
        return false;
      }
    });
  }
}
