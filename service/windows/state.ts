import { serviceName } from "./places.ts";

export const stateQuery = ["sc.exe", "query", serviceName] as const;

/**
 * What it prints of a service that runs: `STATE : 4 RUNNING`. The words are translated on some Windows, the number is not; exit codes,
 * which may be 4 too, have theirs in brackets behind.
 */
export const runningPattern = ":\\s+4\\s+[^\\s(]";
