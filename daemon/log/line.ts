import type { Fields } from "./logger.ts";
import type { Redactor } from "../redact/redact.ts";

export type Level = "debug" | "info" | "warn" | "error";

/** syslog's numbers, as journald reads them at the start of a line. */
const priorities = { error: 3, warn: 4, info: 6, debug: 7 } as const;
/** journald cuts longer lines (LineMax= is 48 KB), and people do not read them. */
const lengthMax = 16_384;

export interface LogEntry {
  readonly at: number;
  readonly level: Level;
  readonly component: string | undefined;
  readonly message: string;
  readonly fields: Fields | undefined;
}

/** One record as one line of JSON, safe to keep. `journald`: with the priority in front. */
export function lineOf(entry: LogEntry, redactor: Redactor, journald: boolean): string {
  const head = {
    time: new Date(entry.at).toISOString(),
    level: entry.level,
    ...(entry.component === undefined ? {} : { component: entry.component }),
    message: redactor.text(entry.message),
  };
  const fields = entry.fields ? redactor.fields(entry.fields) : {};
  // The head stands first and wins: no field may pretend to be another level or time.
  const whole = JSON.stringify({ ...head, ...fields, ...head });
  const line = whole.length <= lengthMax ? whole : JSON.stringify({ ...head, fieldsTooLong: whole.length });
  return `${journald ? `<${priorities[entry.level]}>` : ""}${line}\n`;
}
