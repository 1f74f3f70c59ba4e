import type { Logger } from "../log/logger.ts";
import type { TagGateway } from "../pairing/tag-gateway.ts";
import type { Gateway } from "../payments/ports/gateway.ts";
import type { Ledger } from "../payments/ports/ledger.ts";
import type { MobilePayLine } from "../protocol/values.ts";
import type { World } from "../world.ts";
import { checkedBaseUrl } from "./base-url.ts";
import { checkMobilePay, type MobilePayCheck } from "./check.ts";
import type { MobilePayHealth } from "./contact.ts";
import { createGateway } from "./epayment.ts";
import type { MerchantIdentity } from "./exchange.ts";
import type { HttpRoute } from "./http.ts";
import { createLedger } from "./ledger.ts";
import { createMobilePayApi } from "./platform.ts";
import { createTagGateway } from "./qr.ts";
import { createTrial, type Trial } from "./trial.ts";
import { createTimeAsker } from "./time-asker.ts";
import { createWebhookRegistry, type WebhookRegistry } from "./webhooks.ts";

export interface MobilePay {
  readonly gateway: Gateway;
  readonly tags: TagGateway;
  readonly webhooks: WebhookRegistry;
  readonly ledger: Ledger;
  readonly trial: Trial;
  /** From the calls that are made anyway: nothing is asked. */
  health(): MobilePayHealth;
  /** MobilePay's time, milliseconds since 1970, give or take a second; undefined until MobilePay has sent it. */
  timeNow(): number | undefined;
  /** Asks for the time, at most once in two seconds. Never rejects. */
  learnTime(): Promise<void>;
  /** Asks MobilePay now whether the till's settings will do. Never rejects. */
  check(): Promise<readonly MobilePayCheck[]>;
  /** Breaks off what is under way: to those who wait, nothing is known. */
  close(): void;
}

/** `deadlinesMs` replaces single deadlines; each covers one call, to the last byte of its answer. */
export interface MobilePayOptions extends MerchantIdentity, HttpRoute {
  readonly baseUrl: string;
  readonly world: World;
  /** The line is up or down, or the trouble with it another one. */
  readonly onHealth?: (line: MobilePayLine) => void;
  readonly log: Logger;
  readonly deadlinesMs?: Partial<Deadlines>;
}

/** What moves money may take its time; a question is asked again soon. */
export const deadlinesMs = {
  create: 10_000,
  capture: 10_000,
  cancel: 10_000,
  refund: 10_000,
  look: 5_000,
  events: 5_000,
  token: 10_000,
  qr: 10_000,
  webhooks: 10_000,
  management: 10_000,
  ledger: 20_000,
};
type Deadlines = Readonly<typeof deadlinesMs>;

/**
 * The client of MobilePay's platform. Throws when `baseUrl` is neither https nor loopback. Nothing is loaded or sent before the
 * first call; no call rejects but with `BridgeError` (tags) or our own mistake.
 */
export function createMobilePay({ baseUrl, deadlinesMs: changed, log, ...options }: MobilePayOptions): MobilePay {
  const limits: Deadlines = { ...deadlinesMs, ...changed };
  const platform = createMobilePayApi({
    ...options,
    baseUrl: checkedBaseUrl(baseUrl),
    tokenDeadlineMs: limits.token,
    log: log.child("mobilepay"),
  });
  return {
    gateway: createGateway(platform, limits),
    tags: createTagGateway(platform, limits.qr),
    webhooks: createWebhookRegistry(platform, limits.webhooks),
    ledger: createLedger(platform, limits.ledger),
    trial: createTrial(platform, limits.create),
    health: () => platform.health(),
    timeNow: () => platform.timeNow(),
    learnTime: createTimeAsker(platform, options.world),
    check: () => checkMobilePay(platform, options.world, limits.management),
    close: () => platform.close(),
  };
}
