import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { ConfigError, mostTelling, problemLine } from "./problem.ts";
import { type ReadContext, readObject } from "./read.ts";
import { relaySettings } from "./relay.ts";
import { readSecret, type SecretIn } from "./secret.ts";
import type { Entries, SettingEntry, ValueOf } from "../../drivers/setting.ts";
import { settings } from "./settings.ts";
import { errorCode } from "../errno.ts";

export { ConfigError } from "./problem.ts";

/** A till's settings have a few KB. */
const bytesMax = 1_048_576;

/** The settings of one till, checked and complete: paths absolute, secrets read, origins and URLs as they are compared. */
export type Config = ValueOf<typeof settings>;
/** The settings of one relay. */
export type RelayConfig = ValueOf<typeof relaySettings>;

/** Reads `file`. Throws `ConfigError` with one line: place, key, and what is allowed. */
export function loadConfig(file: string, secretIn: SecretIn = readSecret): Config {
  return configIn(contentOf(file), file, secretIn);
}

/** What `content` says, as if it stood in `file`. Throws like `loadConfig`. */
export function configIn(content: string, file: string, secretIn: SecretIn, rows: Entries = settings.entries): Config {
  // Every value was parsed by its row, and the type is made from the rows.
  return parse(content, file, rows, secretIn) as Config;
}

/** The same for the file of a relay. */
export function loadRelayConfig(file: string, secretIn: SecretIn = readSecret): RelayConfig {
  // As above.
  return parse(contentOf(file), file, relaySettings.entries, secretIn) as RelayConfig;
}

function parse(content: string, file: string, entries: Entries, secretIn: SecretIn): unknown {
  const reading: ReadContext = { folder: dirname(resolve(file)), secretIn, problems: [] };
  const values = valuesOf(content, entries, reading);
  const problem = mostTelling(reading.problems);
  if (problem) throw new ConfigError(problemLine(file, content, problem), problem.text);
  return values;
}

/** Every value that must never be shown, to be removed from whatever is written. */
export function secretsOf(config: Config, rows: Entries = settings.entries): string[] {
  return secretsIn(rows, config);
}

export function relaySecretsOf(config: RelayConfig): string[] {
  return secretsIn(relaySettings.entries, config);
}

/** A password that stands in a URL must not be seen alone either, however it is written. */
export function loginIn(text: string): string[] {
  const { username = "", password = "" } = URL.parse(text) ?? {};
  if (password === "") return [];
  return [password, unescaped(password), `${unescaped(username)}:${unescaped(password)}`];
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function contentOf(file: string): string {
  try {
    if (statSync(file).size > bytesMax) throw new ConfigError(`${file}: too large for a configuration`);
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file}: cannot be read (${errorCode(error)})`);
  }
}

function valuesOf(content: string, entries: Entries, reading: ReadContext): unknown {
  const errors: ParseError[] = [];
  const tree = parseTree(content, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first || !tree) {
    reading.problems.push({ offset: first?.offset ?? 0, text: `not JSON: ${inWords(first)}`, missing: false });
    return undefined;
  }
  return readObject({ key: "", node: tree }, entries, reading);
}

/** `CloseBraceExpected` → `close brace expected`. */
function inWords(error: ParseError | undefined): string {
  if (!error) return "the file is empty";
  return printParseErrorCode(error.error)
    .replace(/\B[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .toLowerCase();
}

type VariantsOrChoice = Extract<SettingEntry, { readonly kind: "variants" | "choice" }>;

// Each value below was made from its row, so it has the row's shape.

function secretsIn(entries: Entries, values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(entries).flatMap(([name, entry]) => secretsAt(entry, values[name]));
}

function secretsAt(entry: SettingEntry, value: unknown): string[] {
  if (value === undefined) return [];
  switch (entry.kind) {
    case "setting":
      return entry.secret && typeof value === "string" ? [value, ...loginIn(value)] : [];
    case "group":
      return secretsIn(entry.entries, value as Record<string, unknown>);
    case "choice":
      return secretsOfOne(entry, value as Record<string, unknown>);
    case "list":
      return (value as Record<string, unknown>[]).flatMap((item) => secretsIn(entry.item.entries, item));
    case "variants":
      return (value as Record<string, unknown>[]).flatMap((item) => secretsOfOne(entry, item));
  }
}

function secretsOfOne({ by, groups }: VariantsOrChoice, chosen: Readonly<Record<string, unknown>>): string[] {
  return secretsIn(groups[String(chosen[by])]?.entries ?? {}, chosen);
}
