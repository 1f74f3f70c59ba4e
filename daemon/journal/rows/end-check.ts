import type { SqliteConnection } from "../sqlite/connection.ts";
import { type ChainedRow, chainHash, chainStart } from "./chain.ts";
import { chainedRow, rowColumns } from "./rows.ts";

/** How many of the last rows are checked at every open; `journal verify` checks all. */
const checkedRows = 100;

/** In the order of the journal. */
export async function lastRows(connection: SqliteConnection): Promise<readonly ChainedRow[]> {
  const sql = `SELECT ${rowColumns} FROM events ORDER BY seq DESC LIMIT ?`;
  const rows = await connection.all(sql, checkedRows);
  return rows.map(chainedRow).toReversed();
}

/** The first of these rows that does not fit the one before it, unless the journal has already said so. */
export function firstBroken(rows: readonly ChainedRow[]): number | undefined {
  const told = new Set(rows.filter((row) => row.type === "chainBroken").map(brokenRowOf));
  return rows.find((row, index) => !fits(row, rows[index - 1]) && !told.has(row.seq))?.seq;
}

function fits(row: ChainedRow, before: ChainedRow | undefined): boolean {
  if (before === undefined) return row.previous !== chainStart.seq || row.hash === chainHash(chainStart.hash, row);
  return row.previous === before.seq && row.hash === chainHash(before.hash, row);
}

/** The row that a `chainBroken` event is about. */
function brokenRowOf(row: ChainedRow): number | undefined {
  const body: unknown = JSON.parse(row.body);
  return typeof body === "object" && body !== null && "row" in body && typeof body.row === "number"
    ? body.row
    : undefined;
}
