import type { World } from "../world.ts";
import type { MobilePayApi } from "./platform.ts";

/** Many webhooks at once need one answer. */
const askMsMin = 2_000;

/** Every answer carries MobilePay's time; a new access token is the cheapest to ask for, and concerns no customer. */
export function createTimeAsker(platform: MobilePayApi, world: World): () => Promise<void> {
  let asking: Promise<unknown> | undefined;
  let askedMs: number | undefined;
  return async () => {
    const nowMs = world.monotonicMs();
    if (askedMs === undefined || nowMs - askedMs >= askMsMin) {
      askedMs = nowMs;
      asking = platform.tryKeys();
    }
    await asking;
  };
}
