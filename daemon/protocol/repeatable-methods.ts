// Made by scripts/generate-docs.ts from the table in methods.ts. Change that, not this.

/** The rows that say `repeatable`. A page gets the names alone: with the table it would have to load zod. */
export const repeatableMethods = [
  "console.overview",
  "console.log",
  "till.get",
  "payment.start",
  "payment.get",
  "payment.list",
  "payment.complete",
  "refund.start",
  "refund.get",
  "recovery.list",
  "device.list",
  "device.claim",
  "device.release",
  "events.replay",
  "health.get",
  "rpc.discover",
] as const;
