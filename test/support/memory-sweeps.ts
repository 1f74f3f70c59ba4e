import type { SweepReport, SweepStore } from "../../daemon/payments/ports/sweep-store.ts";

/** What sweeps found, in memory. */
export function memorySweeps(
  now: () => number,
): SweepStore & { readonly kept: readonly (SweepReport & { at: number })[] } {
  const kept: (SweepReport & { at: number })[] = [];
  return {
    kept,
    append: async (swept) => void kept.push({ ...swept, at: now() }),
    last: async (count) => kept.toReversed().slice(0, count),
  };
}
