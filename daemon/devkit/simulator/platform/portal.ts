import type { SimulatedPayment } from "./payment.ts";
import type { SimulatedPayments } from "./payments.ts";

/** What somebody can do with a payment in the shop's portal. */
export type PortalAct = "capture" | "cancel" | "refund";

/** The shop's portal: other people capture, cancel and refund there, whole and in parts, by the same rules as a till. */
export class Portal {
  readonly #payments: SimulatedPayments;
  readonly #uuid: () => string;

  constructor(payments: SimulatedPayments, uuid: () => string) {
    this.#payments = payments;
    this.#uuid = uuid;
  }

  /** `amountMinor`: a part; otherwise all that can be. A cancellation releases all that is not captured. */
  act(does: PortalAct, reference: string, amountMinor?: number): SimulatedPayment {
    const { amount, authorized, captured, cancelled, refunded } = this.#payments.get(reference);
    const part = (all: number) => ({ ...amount, value: amountMinor ?? all });
    switch (does) {
      case "capture":
        return this.#payments.capture(reference, part(authorized - captured - cancelled), this.#uuid());
      case "cancel":
        return this.#payments.cancel(reference, false);
      case "refund":
        return this.#payments.refund(reference, part(captured - refunded), this.#uuid());
    }
  }
}
