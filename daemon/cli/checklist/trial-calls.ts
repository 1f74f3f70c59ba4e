import type { MobilePay } from "../../mobilepay/client.ts";
import type { World } from "../../world.ts";

export interface TrialTools {
  readonly mobilePay: Pick<MobilePay, "gateway" | "trial">;
  readonly world: World;
  /** Aborts when the person gives up. */
  readonly stop: AbortSignal;
}

/** A call that did not do what it should, in words for the person who reads the checklist. */
export class TrialFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TrialFailed";
  }
}

type Answer<Value> =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "refused"; readonly failure: { readonly message: string }; readonly mobilePayCode?: number }
  | { readonly kind: "unknown"; readonly retryAfterMs?: number }
  | { readonly kind: "notFound" };

/** A minute, with MobilePay's own pauses. */
const triesMax = 15;
export const pauseMs = 2000;

/** Asks until there is an answer: the same call, with the same key and body. Throws `TrialFailed`. */
export async function answered<Value>(
  ask: () => Promise<Answer<Value>>,
  { world, stop }: Pick<TrialTools, "world" | "stop">,
): Promise<Value> {
  for (let tries = 1; tries <= triesMax && !stop.aborted; tries += 1) {
    const answer = await ask();
    if (answer.kind === "ok") return answer.value;
    if (answer.kind === "refused") throw new TrialFailed(`refused: ${answer.failure.message}${codeOf(answer)}`);
    if (answer.kind === "notFound") throw new TrialFailed("MobilePay does not know the payment");
    await world.sleep(Math.max(pauseMs, answer.retryAfterMs ?? 0), stop);
  }
  throw new TrialFailed(stop.aborted ? "stopped by the person" : "MobilePay gave no usable answer");
}

function codeOf({ mobilePayCode }: { readonly mobilePayCode?: number }): string {
  return mobilePayCode === undefined ? "" : ` (MobilePay's code ${mobilePayCode})`;
}
