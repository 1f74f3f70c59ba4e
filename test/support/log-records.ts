import type { Fields, Logger } from "../../daemon/log/logger.ts";

export interface LogRecord {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Fields;
}

/** A logger that keeps what it is told. */
export function recordingLogger(records: LogRecord[] = []): Logger & { readonly records: LogRecord[] } {
  const keep =
    (level: LogRecord["level"]) =>
    (message: string, fields: Fields = {}) => {
      records.push({ level, message, fields });
    };
  return {
    records,
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
    child: () => recordingLogger(records),
  };
}
