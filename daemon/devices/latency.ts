/** How long the last reads took from the device to the page. */
export interface Latency {
  add(ms: number): void;
  /** Milliseconds; nothing before the first read. */
  figures(): { readonly latencyMs?: { readonly p50: number; readonly p99: number } };
}

/** Enough for a 99th percentile that means something. */
const keptMax = 200;

export function createLatency(): Latency {
  const kept: number[] = [];
  return {
    add(ms) {
      kept.push(ms);
      if (kept.length > keptMax) kept.shift();
    },
    figures() {
      if (kept.length === 0) return {};
      const sorted = kept.toSorted((one, other) => one - other);
      const at = (share: number) => Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 10) / 10;
      return { latencyMs: { p50: at(0.5), p99: at(0.99) } };
    },
  };
}
