import type { Fields } from "../log/logger.ts";
import {
  isIdentifierName,
  isPrivateName,
  secretsPattern,
  withoutAccess,
  withoutPaths,
  withoutPhoneNumbers,
} from "./patterns.ts";

/** Makes safe what is written to a log or sent to a page. Pure. What it returns is bounded and can be turned into JSON. */
export interface Redactor {
  /** For the log: no secret, token or phone number. */
  text(text: string): string;
  fields(fields: Fields): Record<string, unknown>;
  /** For a page: no file name either. */
  outside(text: string): string;
}

const removed = "[removed]";
/** A person reads no longer text, and a stack has less. */
const textLengthMax = 4000;
/** Our own fields are two deep. */
const depthMax = 5;
/** Our own fields are fewer than ten. */
const membersMax = 50;

/** `secrets`: values known to be secret, removed wherever they stand, besides what shows by its form. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const known = secretsPattern(secrets);
  const bare = (text: string): string => {
    // Cut once before, to bound the work, and once after, so that no half of a secret stands where it was cut.
    const part = text.slice(0, 2 * textLengthMax);
    const clean = withoutAccess(known ? part.replace(known, removed) : part);
    return text.length > textLengthMax ? `${clean.slice(0, textLengthMax)}… (${text.length} characters)` : clean;
  };
  const text = (value: string): string => withoutPhoneNumbers(bare(value));
  const safe = (name: string, value: unknown, depth: number): unknown => {
    if (isPrivateName(name) && value !== undefined && typeof value !== "boolean") return removed;
    if (typeof value === "string") return isIdentifierName(name) ? bare(value) : text(value);
    if (typeof value !== "object" || value === null) return scalar(value);
    if (depth >= depthMax) return "[deep]";
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (value instanceof Date) return text(String(value));
    if (Array.isArray(value)) return value.slice(0, membersMax).map((item) => safe(name, item, depth + 1));
    const members = value instanceof Error ? partsOf(value) : Object.entries(value);
    return Object.fromEntries(
      members.slice(0, membersMax).map(([key, member]) => [text(key), safe(key, member, depth + 1)]),
    );
  };
  return {
    text,
    // The caller may hand in anything, and a log must never be what fails.
    fields: (fields) => attempt(() => safe("", fields, 0) as Record<string, unknown>) ?? { unreadable: true },
    outside: (value) => withoutPaths(text(value)),
  };
}

/** Never the rest: a failed HTTP request carries its headers in the error. */
function partsOf(error: Error): [string, unknown][] {
  const code: unknown = "code" in error ? error.code : undefined;
  const parts = { name: error.name, code, message: error.message, stack: error.stack, cause: error.cause };
  return Object.entries(parts).filter(([, part]) => part !== undefined);
}

function scalar(value: unknown): unknown {
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return "[function]";
  return value;
}

function attempt<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
