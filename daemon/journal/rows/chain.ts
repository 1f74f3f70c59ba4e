import { hash } from "node:crypto";

/** Subjects of rows that are about no payment. Shorter than any payment id may be, so the two never meet. */
export const tillSubject = "till";
export const journalSubject = "journal";
export const checkInSubject = "checkin";
export const sweepSubject = "sweep";

/** Everything else is a payment, under its id. */
export const otherSubjects: readonly string[] = [tillSubject, journalSubject, checkInSubject, sweepSubject];

/** What is to be written: which payment (or `till`, or `journal`) it is about, what happened, and its fields as JSON. */
export interface JournalEntry {
  readonly subject: string;
  readonly type: string;
  readonly body: string;
}

/** An event as it is written: `type` stands in a column of its own. */
export function entryOf(subject: string, { type, ...fields }: { readonly type: string }): JournalEntry {
  return { subject, type, body: JSON.stringify(fields) };
}

/** A row of the journal. `at`: the till's wall clock in milliseconds, for showing only. `previous`: `seq` of the row before. */
export interface ChainedRow extends JournalEntry {
  readonly seq: number;
  readonly previous: number;
  readonly at: number;
  /** SHA-256 in lower-case hex, over the hash of the row before and this row. */
  readonly hash: string;
}

/** The end of a chain: what the next row is hashed onto. */
export interface Tail {
  readonly seq: number;
  readonly hash: string;
}

/** Where a chain begins: before its first row. */
export const chainStart: Tail = { seq: 0, hash: "0".repeat(64) };

/** The journal's end as it is must be the end that was last believed. */
export function sameTail(one: Tail, other: Tail): boolean {
  return one.seq === other.seq && one.hash === other.hash;
}

export function chained(tail: Tail, seq: number, at: number, entry: JournalEntry): ChainedRow {
  const row = { ...entry, seq, previous: tail.seq, at };
  return { ...row, hash: chainHash(tail.hash, row) };
}

/**
 * SHA-256 over the previous hash in hex, a line feed, and the row as a JSON array `[previous,seq,at,subject,type,body]` in UTF-8:
 * any tool can recompute it from an export. `previous` is part of it so that a row that was taken out can be distinguished
 * from a row that was changed.
 */
export function chainHash(previousHash: string, row: Omit<ChainedRow, "hash">): string {
  const text = JSON.stringify([row.previous, row.seq, row.at, row.subject, row.type, row.body]);
  return hash("sha256", `${previousHash}\n${text}`, "hex");
}
