import type { Logger } from "../../log/logger.ts";
import type { BridgeEvent } from "../../protocol/events.ts";
import type { Currency } from "../../protocol/values.ts";
import type { World } from "../../world.ts";
import type { UsedCheckIn } from "../payment/intents.ts";
import type { ReferencesAndKeys } from "../payment/references-and-keys.ts";
import type { PaymentOrder } from "../payment/payment.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { PaymentStore } from "../ports/store.ts";
import type { Presence } from "../work/presence.ts";
import type { PaymentProcesses } from "../work/payment-processes.ts";
import type { MobilePayTime } from "./mobilepay-time.ts";
import type { SaleClaims } from "./sale-claims.ts";

export interface PaymentsOptions {
  readonly store: PaymentStore;
  readonly gateway: Gateway;
  readonly world: World;
  readonly log: Logger;
  readonly emit: (event: BridgeEvent) => void;
  readonly tillId: string;
  readonly currency: Currency;
  readonly capture: PaymentOrder["capture"];
  readonly abandonAfterMs: number;
  /** So long after it was paid a sale id is one sale, milliseconds. */
  readonly saleIdMs: number;
  readonly mobilePayTime?: MobilePayTime;
  /** A phone number as MobilePay takes it, of what was typed; undefined when it is none. */
  readonly msisdnOf: (typed: string) => Promise<string | undefined>;
  /** Whether the till has its tag. */
  readonly isPaired: () => boolean;
  /** A check-in from just before the sale, if there is one that may be used; it is then used up. */
  readonly consumeCheckIn: () => UsedCheckIn | undefined;
  /** A payment from before a restart is shown again and waits for the customer to scan the tag, who may have done so. */
  readonly onCustomerAwaited?: () => void;
  /** A payment came to its end: an earlier check-in no longer belongs to the next sale. */
  readonly onSaleEnded?: () => void;
}

/** What all calls work with. `gateway` is the only way to MobilePay and keeps within its limits. */
export interface PaymentsContext extends PaymentsOptions {
  readonly keys: ReferencesAndKeys;
  readonly processes: PaymentProcesses;
  readonly presence: Presence;
  readonly claims: SaleClaims;
}
