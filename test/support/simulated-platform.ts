import { Api } from "../../daemon/devkit/simulator/api/api.ts";
import { SimulatorClock } from "../../daemon/devkit/simulator/clock.ts";
import { Faults } from "../../daemon/devkit/simulator/faults.ts";
import { SimulatedPlatform } from "../../daemon/devkit/simulator/platform/platform.ts";
import { type WalletCurrency, defaultSalesUnit, type Features } from "../../daemon/devkit/simulator/sales-unit.ts";
import { Merchant } from "./merchant.ts";
import { checkPaymentWebhook } from "./openapi.ts";
import { VirtualWorld } from "./virtual-world.ts";

/** A webhook that the platform tried to deliver. */
interface Attempt {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly atMs: number;
}

interface Wish {
  readonly currency?: WalletCurrency;
  readonly features?: Partial<Features>;
  readonly ledgerStartsAtHour?: number;
  /** Milliseconds since 1970. */
  readonly startsAt?: number;
}

/** The platform without sockets, in a world whose time passes only when told, and a merchant who has a token. */
export async function simulatedPlatform(wish: Wish = {}) {
  const { currency = "DKK", features = {}, ledgerStartsAtHour = 0, startsAt } = wish;
  const world = new VirtualWorld();
  if (startsAt !== undefined) world.wallOffMs = startsAt;
  const clock = new SimulatorClock(world);
  const faults = new Faults();
  const closing = new AbortController();
  const attempts: Attempt[] = [];
  const receiver: { answer(attempt: Attempt): number | Promise<number> } = { answer: () => 200 };
  const unit = {
    ...defaultSalesUnit,
    currency,
    features: { ...defaultSalesUnit.features, ...features },
    ledgerStartsAtHour,
  };
  const platform = new SimulatedPlatform({
    unit,
    clock,
    faults,
    closed: closing.signal,
    tokenLifeSeconds: 3600,
    uuid: () => world.uuid(),
    publicUrl: () => "http://127.0.0.1:1",
    sendWebhook: async (url, headers, body, signal) => {
      const attempt = { url: url.href, headers, body, atMs: world.monotonicMs() };
      if (body.includes('"pspReference"')) checkPaymentWebhook(body);
      attempts.push(attempt);
      const ended = new Promise<never>((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("The deadline has passed.")));
      });
      return Promise.race([receiver.answer(attempt), ended]);
    },
  });
  const api = new Api(platform);
  const merchant = new Merchant((request) => api.answer(request), unit.credentials);
  await merchant.authorize();
  return { world, clock, faults, platform, api, merchant, attempts, receiver, close: () => closing.abort() };
}
