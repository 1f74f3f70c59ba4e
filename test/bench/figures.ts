import { setTimeout } from "node:timers/promises";

/** As long as a start's own questions to MobilePay take, and some more. */
export const pauseBetweenStartsMs = 30;

/** What was measured, in milliseconds (or megabytes for memory), sorted. */
export interface Sample {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

export function sampleOf(values: readonly number[]): Sample {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/**
 * Does `once` so often and tells how long each took. The first tenth warms up and does not count. `pauseMs` between them: what one
 * has set going must not be measured with the next.
 */
export async function timed(times: number, once: (index: number) => Promise<unknown>, pauseMs = 0): Promise<number[]> {
  const warm = Math.ceil(times / 10);
  const values: number[] = [];
  for (let index = 0; index < times + warm; index += 1) {
    if (pauseMs > 0) await setTimeout(pauseMs);
    const from = performance.now();
    await once(index);
    if (index >= warm) values.push(performance.now() - from);
  }
  return values;
}
