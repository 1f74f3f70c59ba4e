import { gs1Identifiers } from "./gs1-identifiers.ts";

/**
 * The fields of a GS1 element string by application identifier, as a scanner sends it: without brackets, fields of no set length
 * ended by GS (0x1d). Undefined unless all of it is valid by GS1's own table: then something else stands there, or a separator was
 * lost, and no field of it can be believed. Source: GS1 General Specifications, sections 3 (identifiers) and 7.8 (how they are joined).
 */
export function parseGs1(data: string): Readonly<Record<string, string>> | undefined {
  const fields: Record<string, string> = {};
  let rest = data.startsWith(GS) ? data.slice(1) : data;
  if (rest === "") return undefined;
  for (let count = 0; rest !== ""; count += 1) {
    const field = firstField(rest);
    if (field === undefined || count === fieldsMax) return undefined;
    const { identifier, value } = field;
    // Said twice is no contradiction; two values are (section 4.15).
    if ((fields[identifier] ?? value) !== value) return undefined;
    fields[identifier] = value;
    rest = rest.slice(field.length);
  }
  return fields;
}

const GS = "\u001d";
const fieldsMax = 64;
/** What scanners and keyboards put where a separator stood, out of characters that a value may have: `<GS>`, `<F1>`. */
const writtenOut = /<(gs|fnc1|f1|group separator)>/i;

/** One part of a value, such as six digits that are a date. */
interface Part {
  readonly characters: RegExp;
  readonly lengthMin: number;
  readonly lengthMax: number;
  readonly isOptional: boolean;
  readonly check: (text: string) => boolean;
}

interface Definition {
  /** Every reader knows where it ends. */
  readonly isPredefined: boolean;
  readonly parts: readonly Part[];
}

function firstField(text: string): { identifier: string; value: string; length: number } | undefined {
  const identifier = [2, 3, 4].map((length) => text.slice(0, length)).find((start) => definitions.has(start));
  const definition = identifier === undefined ? undefined : definitions.get(identifier);
  if (identifier === undefined || definition === undefined) return undefined;
  const separator = text.indexOf(GS);
  const end = definition.isPredefined
    ? identifier.length + definition.parts.reduce((sum, { lengthMax }) => sum + lengthMax, 0)
    : separator < 0
      ? text.length
      : separator;
  const value = text.slice(identifier.length, end);
  if (!isValue(value, definition.parts)) return undefined;
  return { identifier, value, length: text[end] === GS ? end + 1 : end };
}

function isValue(value: string, parts: readonly Part[]): boolean {
  let rest = value;
  for (const { characters, lengthMin, lengthMax, isOptional, check } of parts) {
    if (rest === "" && isOptional) continue;
    const text = rest.slice(0, lengthMax);
    if (text.length < lengthMin || !characters.test(text) || !check(text)) return false;
    rest = rest.slice(text.length);
  }
  return rest === "" && !writtenOut.test(value);
}

/** A line of the table: its identifiers, each with the same definition. */
function definitionsIn(line: string): [string, Definition][] {
  const [range = "", ...format] = line.split(" ");
  const [first = "", last = first] = range.split("-");
  const definition = {
    isPredefined: format[0]?.startsWith("*") === true,
    parts: format.map((part) => partFrom(part.replace("*", ""))),
  };
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => [
    String(Number(first) + index).padStart(first.length, "0"),
    definition,
  ]);
}

function partFrom(text: string): Part {
  const [, set = "", upTo, length = "", kind = ""] = /^\[?([NXYZ])(\.\.)?(\d+)([a-zA-Z-]?)\]?$/.exec(text) ?? [];
  const characters = characterSets[set];
  const check = checks[kind];
  if (characters === undefined || check === undefined) throw new Error(`assertion failed: no GS1 format: ${text}`);
  const lengthMax = Number(length);
  return {
    characters,
    lengthMin: upTo === undefined ? lengthMax : 1,
    lengthMax,
    isOptional: text.startsWith("["),
    check,
  };
}

/** Section 7.11 (sets 82 and 39); base64url as in RFC 4648. */
const characterSets: Readonly<Record<string, RegExp>> = {
  N: /^\d+$/,
  X: /^[!"%-?A-Z_a-z]+$/,
  Y: /^[#\-/0-9A-Z]+$/,
  Z: /^[A-Za-z0-9_-]+={0,2}$/,
};

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  "": () => true,
  c: hasCheckDigit,
  d: (text) => isDate(text, true),
  D: (text) => isDate(text, false),
  t: (text) => Number(text.slice(0, 2)) <= 23 && Number(text.slice(2)) <= 59,
  h: (text) => Number(text) <= 23,
  m: (text) => Number(text) <= 59,
  "-": (text) => text === "-",
};

const definitions: ReadonlyMap<string, Definition> = new Map(gs1Identifiers.trim().split("\n").flatMap(definitionsIn));

/** YYMMDD or YYYYMMDD. With two digits every fourth year is a leap year: 2000 was one, and 1900 or 2100 are not meant. */
function isDate(text: string, dayMayBeMissing: boolean): boolean {
  const [year, month, day] = [text.slice(0, -4), text.slice(-4, -2), text.slice(-2)].map(Number);
  if (year === undefined || month === undefined || day === undefined || month < 1 || month > 12) return false;
  const daysMax = new Date(Date.UTC(text.length === 6 ? 2000 + year : year, month, 0)).getUTCDate();
  return day <= daysMax && (day > 0 || dayMayBeMissing);
}

/**
 * Whether a number of GS1 (EAN-8, UPC-A, EAN-13, GTIN-14, SSCC) ends with its check digit: weights 3 and 1 from the right (GS1
 * General Specifications, 7.9).
 */
export function hasCheckDigit(digits: string): boolean {
  if (!/^\d{2,}$/.test(digits)) return false;
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

/** The UPC-A number that eight digits of UPC-E stand for: zeros are left out as the last but one says (GS1 General Specifications, UPC-E). */
export function upcAOf(upcE: string): string {
  const [system, digits, last, check] = [upcE.slice(0, 1), upcE.slice(1, 6), Number(upcE[6]), upcE.slice(7)];
  const kept = last <= 2 ? 2 : Math.min(last, 5);
  const zeros = last <= 2 ? `${last}0000` : "0".repeat(last <= 4 ? 5 : 4);
  const rest = last <= 4 ? digits.slice(kept) : String(last);
  return system + digits.slice(0, kept) + zeros + rest + check;
}
