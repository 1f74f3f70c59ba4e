import type { DeviceRead } from "../../drivers/driver.ts";

/**
 * A label that stays before a scanner is read again after some 0.5 to 0.75 s (makers call it the timeout between decodes, or the
 * reread delay); a cashier with two of the same article takes longer.
 */
const windowMs = 800;

/** Marks what one device reads twice by itself. It is published all the same: two articles may be scanned that fast. */
export interface DuplicateReads {
  /** Whether the same was read just before. To be asked once for each read. */
  isRepeated(read: DeviceRead, nowMs: number): boolean;
}

export function createDuplicateReads(): DuplicateReads {
  let last: { readonly text: string; readonly atMs: number } | undefined;
  return {
    isRepeated(read, nowMs) {
      if (read.kind === "failed") return false;
      const text = read.kind === "scan" ? read.data : read.uid;
      const isRepeated = last !== undefined && last.text === text && nowMs - last.atMs < windowMs;
      last = { text, atMs: nowMs };
      return isRepeated;
    },
  };
}
