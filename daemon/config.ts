import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { ConfigError, mostTelling, problemLine } from "./config/problem.ts";
import { type Reading, readObject } from "./config/read.ts";
import type { Entries, ValueOf } from "./config/setting.ts";
import { settings } from "./config/settings.ts";

export { ConfigError } from "./config/problem.ts";

const bytesMax = 1_048_576;

/** The settings of one till, checked and complete: paths absolute, secrets read, origins and URLs as they are compared. */
export type Config = ValueOf<typeof settings>;
export type DeviceConfig = Config["devices"][number];

/** Reads `file`. Throws `ConfigError` with one line: place, key, and what is allowed. */
export function loadConfig(file: string): Config {
  const content = contentOf(file);
  const reading: Reading = { folder: dirname(resolve(file)), problems: [] };
  const values = valuesOf(content, reading);
  const problem = mostTelling(reading.problems);
  if (problem) throw new ConfigError(problemLine(file, content, problem));
  // Every value was parsed by its row, and the type is made from the rows.
  return values as Config;
}

/** Every value that must never be shown, to be removed from whatever is written. */
export function secretsOf(config: Config): string[] {
  return secretsIn(settings.entries, config);
}

function contentOf(file: string): string {
  try {
    if (statSync(file).size > bytesMax) throw new ConfigError(`${file}: too large for a configuration`);
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      `${file}: cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "unknown"})`,
    );
  }
}

function valuesOf(content: string, reading: Reading): unknown {
  const errors: ParseError[] = [];
  const tree = parseTree(content, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first || !tree) {
    reading.problems.push({ offset: first?.offset ?? 0, text: `not JSON: ${inWords(first)}`, missing: false });
    return undefined;
  }
  return readObject({ key: "", node: tree }, settings.entries, reading);
}

/** `CloseBraceExpected` → `close brace expected`. */
function inWords(error: ParseError | undefined): string {
  if (!error) return "the file is empty";
  return printParseErrorCode(error.error)
    .replace(/\B[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .toLowerCase();
}

function secretsIn(entries: Entries, values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(entries).flatMap(([name, entry]) => {
    const value = values[name];
    if (entry.kind === "setting") return entry.secret && typeof value === "string" ? [value] : [];
    // A group's value is an object made from the group's rows.
    if (entry.kind === "group")
      return value === undefined ? [] : secretsIn(entry.entries, value as Record<string, unknown>);
    return [];
  });
}
