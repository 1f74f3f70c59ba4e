/** What stands beside a record's fixed message. Values are made safe where records are written, not where they are made. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Where records go. Never throws, never blocks. The message is fixed text; what varies goes into `fields`.
 * `debug` explains, `info` says what the till did, `warn` is a fault that mends itself, `error` means a person must act.
 */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The same destination; each record names the part of the daemon that it comes from. */
  child(component: string): Logger;
}

/** Keeps nothing. For tests and for code that runs without a log. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
