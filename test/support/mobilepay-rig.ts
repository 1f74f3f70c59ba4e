import { createMobilePay, type MobilePay, type MobilePayOptions } from "../../daemon/mobilepay/client.ts";
import { realWorld } from "../../daemon/world.ts";
import { type HostilePlatform, startHostilePlatform } from "./hostile-platform.ts";
import { type LogRecord, recordingLogger } from "./log-records.ts";
import { testKeys } from "./mobilepay-keys.ts";

/** The client of MobilePay, a hostile platform for it, and what it logs. */
export interface MobilePayRig {
  readonly platform: HostilePlatform;
  readonly mobilePay: MobilePay;
  readonly records: readonly LogRecord[];
  close(): Promise<void>;
}

/** Short deadlines: a test of "no answer" waits that long. */
const quickMs = 150;

export async function startMobilePayRig(options: Partial<MobilePayOptions> = {}): Promise<MobilePayRig> {
  const platform = await startHostilePlatform();
  const log = recordingLogger();
  const mobilePay = createMobilePay({ ...testKeys, baseUrl: platform.url, world: realWorld(), log, ...options });
  return {
    platform,
    mobilePay,
    records: log.records,
    close: () => {
      mobilePay.close();
      return platform.close();
    },
  };
}

/** Deadlines for a test in which the platform does not answer. */
export const quickDeadlines = {
  create: quickMs,
  look: quickMs,
  events: quickMs,
  cancel: quickMs,
  capture: quickMs,
  refund: quickMs,
};

export const reference = "till-1-000123-1";

/** Each call about a payment, by its name. */
export const paymentCalls = {
  create: ({ gateway }: MobilePay) => {
    const customer = { by: "phone", phoneNumber: "4512345678" } as const;
    const body = gateway.createBody({ reference, amount: { currency: "DKK", value: 4990 }, customer });
    return gateway.create({ reference, key: "create-key-1", body });
  },
  look: ({ gateway }: MobilePay) => gateway.getPayment(reference),
  landed: ({ gateway }: MobilePay) => gateway.wasApplied(reference, "refund-key-1"),
  cancel: ({ gateway }: MobilePay) => gateway.cancel(reference, "cancel-key-1", true),
  capture: ({ gateway }: MobilePay) =>
    gateway.capture({ reference, key: "capture-key-1", body: gateway.amountBody({ currency: "DKK", value: 4990 }) }),
  refund: ({ gateway }: MobilePay) =>
    gateway.refund({ reference, key: "refund-key-1", body: gateway.amountBody({ currency: "DKK", value: 1000 }) }),
};

export type PaymentCall = keyof typeof paymentCalls;
export const paymentCallNames = Object.keys(paymentCalls) as PaymentCall[];
