import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

/** Only keeps a test that waits for what never comes from hanging. What is slow is no fault. */
const waitMsMax = 100_000;
const lookEveryMs = 10;

/** Resolves as soon as it holds, however long a busy machine takes. Only for what nothing tells of: an event is better. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what = "what was awaited",
  msMax = waitMsMax,
): Promise<void> {
  const endMs = performance.now() + msMax;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`${what} has not come within ${msMax / 1000} s`);
    await setTimeout(lookEveryMs);
  }
}
