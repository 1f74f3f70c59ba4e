import type { SimulatorClock } from "../clock.ts";
import type { Faults } from "../faults.ts";
import type { SalesUnit } from "../sales-unit.ts";
import { SimulatedCheckIns } from "./check-ins.ts";
import { customerOf } from "./customer-of.ts";
import { type SimulatedCustomer, makeCustomers } from "./customers.ts";
import { Delivery, type SendWebhook } from "./delivery.ts";
import { SimulatedLedger } from "./ledger.ts";
import { MerchantQrs } from "./merchant-qr.ts";
import type { SimulatedPayment, SimulatedPaymentEvent } from "./payment.ts";
import { SimulatedPayments } from "./payments.ts";
import { Phones } from "./phones.ts";
import { Portal } from "./portal.ts";
import { QrImages } from "./qr-images.ts";
import { IssuedTokens } from "./tokens.ts";
import { paymentEventType, Webhooks } from "./webhooks.ts";

/** What the platform takes from outside. */
export interface PlatformPorts {
  readonly unit: SalesUnit;
  readonly clock: SimulatorClock;
  readonly faults: Faults;
  readonly sendWebhook: SendWebhook;
  /** Aborts when the simulator closes: nothing more happens by itself. */
  readonly closed: AbortSignal;
  readonly tokenLifeSeconds: number;
  uuid(): string;
  /** The address that image links start with, without a slash at the end. */
  publicUrl(): string;
}

/** The stand-in for Vipps MobilePay, without HTTP: payments, codes, webhooks and the customers' phones of one sales unit. */
export class SimulatedPlatform {
  readonly unit: SalesUnit;
  readonly clock: SimulatorClock;
  readonly tokenLifeSeconds: number;
  readonly customers: ReadonlyMap<string, SimulatedCustomer>;
  readonly tokens: IssuedTokens;
  readonly merchantQrs: MerchantQrs;
  readonly webhooks: Webhooks;
  readonly payments: SimulatedPayments;
  readonly checkIns: SimulatedCheckIns;
  readonly ledger: SimulatedLedger;
  /** What the customers do. */
  readonly phone: Phones;
  /** What others do in the shop's portal. */
  readonly portal: Portal;
  readonly images: QrImages;
  readonly #ports: PlatformPorts;
  readonly #delivery: Delivery;
  readonly #listeners = new Set<() => void>();

  constructor(ports: PlatformPorts) {
    const { unit, clock, closed, faults } = ports;
    const uuid = () => ports.uuid();
    this.#ports = ports;
    this.unit = unit;
    this.clock = clock;
    this.tokenLifeSeconds = ports.tokenLifeSeconds;
    this.customers = makeCustomers(unit.currency, uuid);
    this.tokens = new IssuedTokens(uuid);
    this.merchantQrs = new MerchantQrs(uuid);
    this.webhooks = new Webhooks(uuid);
    this.images = new QrImages(() => ports.publicUrl());
    this.#delivery = new Delivery({
      clock,
      send: ports.sendWebhook,
      closed,
      nextFault: () => faults.next("webhook"),
      dead: ({ id }) => this.webhooks.remove(id),
    });
    this.checkIns = new SimulatedCheckIns({ clock, webhooks: this.webhooks, delivery: this.#delivery, uuid });
    this.payments = new SimulatedPayments({
      unit,
      clock,
      uuid,
      customerOf: (request) => customerOf(request, this.customers, this.checkIns),
      imageUrl: (content, format, size) => this.images.url(content, format, size),
      happened: (payment, event) => this.#happened(payment, event),
    });
    this.ledger = new SimulatedLedger({ unit, clock, uuid, payments: () => this.payments.all() });
    this.portal = new Portal(this.payments, uuid);
    const { customers, payments, merchantQrs, checkIns } = this;
    this.phone = new Phones({
      customers,
      payments,
      merchantQrs,
      checkIns,
      clock,
      closed,
      changed: () => this.changed(),
    });
  }

  /** A new id, from the world's chance. */
  uuid(): string {
    return this.#ports.uuid();
  }

  /** Calls `listener` whenever something that a screen may show has changed. Answers how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells those who watch. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #happened(payment: SimulatedPayment, event: SimulatedPaymentEvent): void {
    if (event.name === "CREATED") void this.#expireInTime(payment);
    const payload = { msn: payment.msn, ...event };
    for (const registration of this.webhooks.interestedIn(paymentEventType(event.name))) {
      void this.#delivery.deliver(registration, payment.reference, payload);
    }
    this.changed();
  }

  async #expireInTime(payment: SimulatedPayment): Promise<void> {
    const { clock, closed } = this.#ports;
    await clock.sleep(payment.expiresAtMs - clock.now(), closed);
    if (!closed.aborted) this.payments.settle(payment);
  }
}
