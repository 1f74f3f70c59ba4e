import type { World } from "../world.ts";
import { windowMs } from "./verify.ts";

/** Signatures of requests that were taken, for as long as the same request could pass the check of its date again. */
export interface Replays {
  has(signature: string): boolean;
  add(signature: string): void;
}

/** A request may be dated up to one window ahead, and is refused one window after its date. */
const keptMs = 2 * windowMs;
/** More webhooks than a whole chain gets within MobilePay's clock window. */
const keptMax = 50_000;

export function createReplays(world: Pick<World, "monotonicMs">): Replays {
  /** By the time of arrival: the oldest first. */
  const taken = new Map<string, number>();
  return {
    has: (signature) => taken.has(signature),
    add(signature) {
      const nowMs = world.monotonicMs();
      for (const [oldest, arrivedMs] of taken) {
        if (nowMs - arrivedMs <= keptMs && taken.size < keptMax) break;
        taken.delete(oldest);
      }
      taken.set(signature, nowMs);
    },
  };
}
