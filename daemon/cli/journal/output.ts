import type { ChainedRow, Inspection } from "../../journal/inspect.ts";
import { isPrivateName } from "../../redact/patterns.ts";

const listColumns = [
  "startedAt",
  "paymentId",
  "saleId",
  "reference",
  "amount",
  "currency",
  "lastEvent",
  "receiptNumber",
];

/** The newest payments as lines of a table with tabs, newest first. */
export async function* payments(journal: Inspection, limit: number): AsyncIterable<string> {
  yield listColumns.join("\t");
  for (const paymentId of await journal.newest(limit)) yield await summary(journal, paymentId);
}

async function summary(journal: Inspection, paymentId: string): Promise<string> {
  let fields: Record<string, unknown> = {};
  let last: ChainedRow | undefined;
  for await (const row of journal.rows(paymentId)) {
    fields = { ...fields, ...bodyOf(row) };
    last = row;
    fields["startedAt"] ??= timeOf(row);
  }
  const order = isObject(fields["order"]) ? fields["order"] : {};
  const amount = isObject(order["amount"]) ? order["amount"] : {};
  const columns = [
    fields["startedAt"],
    paymentId,
    order["saleId"],
    order["reference"],
    amount["value"],
    amount["currency"],
    last?.type,
    fields["receiptNumber"],
  ];
  return columns.map((column) => textOf(column)).join("\t");
}

/** One event of a payment, for a person. */
export function shownRow(row: ChainedRow): string {
  return `${timeOf(row)}\t${row.seq}\t${row.type}\t${JSON.stringify(bodyOf(row))}`;
}

const exportColumns = ["seq", "previous", "at", "subject", "type", "body", "hash"] as const;

/**
 * All rows of a time span for an accountant, with the hashes of the chain; `from` and `to` in milliseconds since 1970.
 * Customers' phone numbers and codes are masked, so a masked row's hash can only be checked against the journal itself.
 */
export async function* exportRows(
  rows: AsyncIterable<ChainedRow>,
  format: "json" | "csv",
  range: { from: number; to: number },
): AsyncIterable<string> {
  let separator = "[";
  if (format === "csv") yield exportColumns.join(",");
  for await (const row of rows) {
    if (row.at < range.from || row.at > range.to) continue;
    const record = { ...row, at: timeOf(row), body: bodyOf(row) };
    if (format === "csv") yield exportColumns.map((column) => quoted(record[column])).join(",");
    else
      yield `${separator}${JSON.stringify(Object.fromEntries(exportColumns.map((column) => [column, record[column]])))}`;
    separator = ",";
  }
  if (format === "json") yield separator === "[" ? "[]" : "]";
}

/** RFC 4180. A leading sign would make a spreadsheet take text for a formula. */
function quoted(value: unknown): string {
  const text = isObject(value) ? JSON.stringify(value) : textOf(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function bodyOf(row: ChainedRow): Record<string, unknown> {
  const shown = maskedJson(row.body);
  return isObject(shown) ? shown : { unreadable: shown };
}

/** Bodies of requests are JSON in JSON; what is private there is private here. */
function masked(name: string, value: unknown): unknown {
  if (isPrivateName(name) || name === "content") return mask(value);
  if (typeof value === "string") return name === "body" ? maskedJson(value) : value;
  if (Array.isArray(value)) return value.map((item) => masked(name, item));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, masked(key, member)]));
}

function maskedJson(text: string): unknown {
  try {
    return masked("", JSON.parse(text));
  } catch {
    return mask(text);
  }
}

/** Enough to find a payment again with the customer beside you, too little to call or to charge anybody. */
function mask(value: unknown): unknown {
  if (typeof value === "string") return /^\+?\d{6,15}$/.test(value) ? `…${value.slice(-2)}` : "[removed]";
  return value === undefined || value === null || typeof value === "boolean" ? value : "[removed]";
}

function timeOf({ at }: ChainedRow): string {
  return new Date(at).toISOString();
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
