import type { SimulatorClock } from "../clock.ts";
import type { ScanShown, TapShown } from "../shown.ts";
import type { SimulatedCheckIns } from "./check-ins.ts";
import type { SimulatedCustomer } from "./customers.ts";
import { forcedApproval, unknownResultMs } from "./forced-amounts.ts";
import type { MerchantQrs } from "./merchant-qr.ts";
import type { SimulatedPayment } from "./payment.ts";
import type { SimulatedPayments } from "./payments.ts";

interface Ports {
  readonly customers: ReadonlyMap<string, SimulatedCustomer>;
  readonly payments: SimulatedPayments;
  readonly merchantQrs: MerchantQrs;
  readonly checkIns: SimulatedCheckIns;
  readonly clock: SimulatorClock;
  readonly closed: AbortSignal;
  changed(): void;
}

/** The customers' phones: what a person can do with the app. */
export class Phones {
  readonly #ports: Ports;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Scans any code: a till's tag (by its text, an old sticker's text or its id) or a one-time code on a screen. */
  async scan(phoneNumber: string, content: string): Promise<ScanShown> {
    const tag = this.#ports.merchantQrs.scanned(content);
    if (tag) return this.#ports.checkIns.make(this.#customer(phoneNumber), tag);
    const payment = this.#ports.payments.all().find((one) => one.oneTimeCode === content && one.state === "CREATED");
    if (!payment) return { shown: "notRecognised" };
    payment.customer = this.#customer(phoneNumber).phoneNumber;
    this.#ports.changed();
    return { shown: "paymentRequest", reference: payment.reference };
  }

  /** Scans the tag of a till: the same as {@link scan} with the tag's id. */
  scanTag(merchantQrId: string, phoneNumber?: string): Promise<ScanShown> {
    return this.scan(phoneNumber ?? this.#anyone(), merchantQrId);
  }

  /** The requests on a customer's phone, oldest first. */
  requests(phoneNumber: string): SimulatedPayment[] {
    return this.#ports.payments.all().filter((one) => one.state === "CREATED" && one.customer === phoneNumber);
  }

  /** Approves. Who is not said is the one who was asked. */
  approve(reference: string, phoneNumber?: string): TapShown {
    return this.beginApproval(reference, phoneNumber) ? this.finishApproval(reference) : { shown: "notOpen" };
  }

  /** The customer has pressed approve and is being asked for the PIN: until {@link finishApproval}, a cancel is refused with 6250. */
  beginApproval(reference: string, phoneNumber?: string): boolean {
    const payment = this.#open(reference, phoneNumber);
    if (!payment) return false;
    payment.authorizing = true;
    payment.customer ??= phoneNumber ?? this.#anyone();
    this.#ports.changed();
    return true;
  }

  /** The approval goes through, or fails when the amount forces it to. */
  finishApproval(reference: string): TapShown {
    const payment = this.#ports.payments.get(reference);
    if (!payment.authorizing) return { shown: "notOpen" };
    const forced = forcedApproval(payment.amount);
    if (forced?.result === "unknown") return this.#leaveUnknown(payment);
    if (forced) {
      this.#ports.payments.decline(payment, forced.reason);
      return { shown: "declined", reason: forced.reason };
    }
    this.#ports.payments.authorize(payment);
    return { shown: "approved" };
  }

  /** Amount 201: for an hour nobody knows, then the money is reserved after all. */
  #leaveUnknown(payment: SimulatedPayment): TapShown {
    const { clock, closed, payments } = this.#ports;
    void clock.sleep(unknownResultMs, closed).then(() => {
      if (!closed.aborted && payment.authorizing) payments.authorize(payment);
    });
    return { shown: "processing" };
  }

  refuse(reference: string, phoneNumber?: string): TapShown {
    const payment = this.#open(reference, phoneNumber);
    if (!payment) return { shown: "notOpen" };
    this.#ports.payments.abort(payment);
    return { shown: "refused" };
  }

  #open(reference: string, phoneNumber: string | undefined): SimulatedPayment | undefined {
    const payment = this.#ports.payments.get(reference);
    const theirs = phoneNumber === undefined || payment.customer === undefined || payment.customer === phoneNumber;
    return payment.state === "CREATED" && !payment.authorizing && theirs ? payment : undefined;
  }

  #customer(phoneNumber: string): SimulatedCustomer {
    const customer = this.#ports.customers.get(phoneNumber);
    if (!customer) throw new RangeError("No simulated customer has this phone number.");
    return customer;
  }

  #anyone(): string {
    return [...this.#ports.customers.keys()][0] ?? "";
  }
}
