/**
 * The fields of a GS1 element string by application identifier, as a scanner sends it: without brackets, fields of no set length
 * ended by GS (0x1d). Undefined when it is none. Source: GS1 General Specifications, sections 3.2 (identifiers) and 7.8 (lengths).
 */
export function parseGs1(data: string): Readonly<Record<string, string>> | undefined {
  const fields: Record<string, string> = {};
  let rest = data.startsWith(GS) ? data.slice(1) : data;
  for (let count = 0; rest !== ""; count += 1) {
    const field = firstField(rest);
    if (field === undefined || count === fieldsMax || field.identifier in fields) return undefined;
    fields[field.identifier] = field.value;
    rest = rest.slice(field.length);
  }
  return Object.keys(fields).length > 0 && Object.entries(fields).every(isSound) ? fields : undefined;
}

const GS = "\u001d";
const fieldsMax = 64;
const valueLengthMax = 90;

/** Digits of an identifier by its first two, where they are not two. */
const identifierLengths: Readonly<Record<string, number>> = {
  ...Object.fromEntries(["23", "24", "25", "40", "41", "42", "71"].map((start) => [start, 3])),
  ...Object.fromEntries(
    ["31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"].map((start) => [start, 4]),
  ),
};

/** Characters of identifier and value together, by the identifier's first two digits; these need no GS after them. */
const fieldLengths: Readonly<Record<string, number>> = {
  "00": 20,
  "01": 16,
  "02": 16,
  "03": 16,
  "04": 18,
  "20": 4,
  "41": 16,
  ...Object.fromEntries(["11", "12", "13", "14", "15", "16", "17", "18", "19"].map((start) => [start, 8])),
  ...Object.fromEntries(["31", "32", "33", "34", "35", "36"].map((start) => [start, 10])),
};

function firstField(text: string): { identifier: string; value: string; length: number } | undefined {
  const start = text.slice(0, 2);
  const identifier = text.slice(0, identifierLengths[start] ?? 2);
  const setLength = fieldLengths[start];
  const end = text.indexOf(GS);
  const fieldEnd = setLength ?? (end < 0 ? text.length : end);
  const value = text.slice(identifier.length, fieldEnd);
  const isField =
    /^\d{2,4}$/.test(identifier) && text.length >= fieldEnd && value !== "" && value.length <= valueLengthMax;
  if (!isField || value.includes(GS)) return undefined;
  return { identifier, value, length: text[fieldEnd] === GS ? fieldEnd + 1 : fieldEnd };
}

/** Numbers of things that are sold or shipped end with a check digit. */
const checked = /^(00|01|02|41[0-7])$/;

function isSound([identifier, value]: [string, string]): boolean {
  return !checked.test(identifier) || hasCheckDigit(value);
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
