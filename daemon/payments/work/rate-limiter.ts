import type { World } from "../../world.ts";
import type { Gateway, Unknown } from "../ports/gateway.ts";
import type { BackgroundPlaces } from "./background-places.ts";

/** MobilePay's limits are by the minute. */
const minuteMs = 60_000;
/** MobilePay takes so many calls of each kind for one payment in a minute. Source: ePayment API guide, rate limits. */
const mutationsPerMinuteMax = 5;
/** MobilePay takes 120. Each move may ask one question of its own when it is refused. */
const queriesPerMinuteMax = 120 - 4 * mutationsPerMinuteMax;

type CallKind = "create" | "cancel" | "capture" | "refund" | "query";

/**
 * The gateway, but never faster than MobilePay allows: a call that would come too soon is not made, and nothing is learnt. Waking
 * the loops (a page that comes back, a webhook, a second request) can then not make the platform refuse what matters later.
 */
export function rateLimited(
  gateway: Gateway,
  world: Pick<World, "monotonicMs">,
  places: Pick<BackgroundPlaces, "run">,
): Gateway {
  const limiter = new RateLimiter(world, places);
  return {
    createBody: (order) => gateway.createBody(order),
    amountBody: (amount) => gateway.amountBody(amount),
    create: (call) => limiter.run("create", call.reference, () => gateway.create(call)),
    getPayment: (reference) => limiter.run("query", reference, () => gateway.getPayment(reference)),
    cancel: (reference, key, onlyIfNotApproved) =>
      limiter.run("cancel", reference, () => gateway.cancel(reference, key, onlyIfNotApproved)),
    capture: (call) => limiter.run("capture", call.reference, () => gateway.capture(call)),
    refund: (call) => limiter.run("refund", call.reference, () => gateway.refund(call)),
    wasApplied: (reference, key) => limiter.run("query", reference, () => gateway.wasApplied(reference, key)),
  };
}

/** When the last calls of one kind about one payment were over: a request may have reached the platform as late as that. */
export class Bucket {
  readonly endedMs: number[] = [];
  underWay = 0;

  /** Whether it holds anything that still counts. */
  isEmpty(nowMs: number): boolean {
    return this.underWay === 0 && (this.endedMs.at(-1) ?? 0) <= nowMs - minuteMs;
  }
}

class RateLimiter {
  readonly #world: Pick<World, "monotonicMs">;
  readonly #places: Pick<BackgroundPlaces, "run">;
  readonly #buckets = new Map<string, Bucket>();

  constructor(world: Pick<World, "monotonicMs">, places: Pick<BackgroundPlaces, "run">) {
    this.#world = world;
    this.#places = places;
  }

  run<Answer>(kind: CallKind, reference: string, call: () => Promise<Answer>): Promise<Answer | Unknown> {
    return this.#places.run(reference, () => this.#inTime(kind, reference, call));
  }

  async #inTime<Answer>(kind: CallKind, reference: string, call: () => Promise<Answer>): Promise<Answer | Unknown> {
    const bucket = this.#bucket(`${kind} ${reference}`);
    const waitMs = this.#waitMs(bucket, kind === "query" ? queriesPerMinuteMax : mutationsPerMinuteMax);
    if (waitMs > 0) return { kind: "unknown", why: "busy", retryAfterMs: waitMs };
    bucket.underWay += 1;
    try {
      return await call();
    } finally {
      bucket.underWay -= 1;
      bucket.endedMs.push(this.#world.monotonicMs());
    }
  }

  #waitMs({ endedMs, underWay }: Bucket, perMinuteMax: number): number {
    const nowMs = this.#world.monotonicMs();
    while (endedMs[0] !== undefined && endedMs[0] <= nowMs - minuteMs) endedMs.shift();
    const tooMany = endedMs.length + underWay - perMinuteMax;
    if (tooMany < 0) return 0;
    return (endedMs[Math.min(tooMany, endedMs.length - 1)] ?? nowMs) + minuteMs - nowMs;
  }

  /** The bucket that was used last stands last; those that stand first and hold nothing that still counts are forgotten. */
  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name) ?? new Bucket();
    this.#buckets.delete(name);
    const nowMs = this.#world.monotonicMs();
    for (const [old, oldest] of this.#buckets) {
      if (!oldest.isEmpty(nowMs)) break;
      this.#buckets.delete(old);
    }
    this.#buckets.set(name, bucket);
    return bucket;
  }
}
