import type { LogRecord } from "../protocol/values.ts";
import type { Redactor } from "../redact/redact.ts";

/** The newest lines of the log, in memory, for the console and for support. */
export interface LogTail {
  /** One finished line: already without secrets and phone numbers. */
  keep(line: string): void;
  /** Oldest first; without stacks and file names as well. */
  records(): LogRecord[];
}

/** What a person scrolls through on the console: some 100 KB. */
const linesMax = 200;
/** A longer line is kept as nothing but its head. */
const lineLengthMax = 2000;

export function createLogTail(redactor: Redactor): LogTail {
  const lines: string[] = [];
  return {
    keep(line) {
      lines.push(line.length <= lineLengthMax ? line : headOf(line));
      if (lines.length > linesMax) lines.shift();
    },
    records: () => lines.map((line) => recordOf(line, redactor)),
  };
}

interface Line {
  readonly time: string;
  readonly level: LogRecord["level"];
  readonly component?: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

function headOf(line: string): string {
  const { time, level, component, message } = parsed(line);
  return JSON.stringify({ time, level, component, message: message.slice(0, lineLengthMax / 2) });
}

function recordOf(line: string, redactor: Redactor): LogRecord {
  const { time, level, component, message, ...fields } = parsed(line);
  const text = Object.keys(fields).length === 0 ? undefined : JSON.stringify(fields, withoutStack);
  return {
    at: time,
    level,
    ...(component !== undefined && { component }),
    message: redactor.outside(message),
    ...(text !== undefined && { fields: redactor.outside(text) }),
  };
}

/** The log's own line: what it is made of is known. */
function parsed(line: string): Line {
  return JSON.parse(line) as Line;
}

function withoutStack(name: string, value: unknown): unknown {
  return name === "stack" ? undefined : value;
}
