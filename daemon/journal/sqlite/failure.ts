import { errorCode } from "../../errno.ts";
import { BridgeError } from "../../protocol/errors.ts";
import { JournalNewer } from "./migrations.ts";

/** What SQLite's and the system's codes mean, in words for a shop. */
const words: Readonly<Record<string, string>> = {
  SQLITE_FULL: "the disk is full",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full",
  EFBIG: "the disk is full",
  SQLITE_READONLY: "the journal or its disk is read-only",
  EROFS: "the journal or its disk is read-only",
  SQLITE_PERM: "the daemon may not write the journal",
  SQLITE_AUTH: "the daemon may not write the journal",
  EACCES: "the daemon may not write the journal",
  EPERM: "the daemon may not write the journal",
  SQLITE_CANTOPEN: "the journal cannot be opened",
  SQLITE_IOERR: "the disk reports errors",
  EIO: "the disk reports errors",
  SQLITE_CORRUPT: "the journal file is damaged; restart the till's program",
  SQLITE_NOTADB: "the journal file is damaged; restart the till's program",
  SQLITE_BUSY: "another program holds the journal",
  SQLITE_LOCKED: "another program holds the journal",
  HANGS: "the disk does not answer",
  NOT_DURABLE: "the disk does not keep what is written",
  CHAIN_BROKEN: "the journal's last rows were changed; restart the till's program",
  DIVERGED: "the journal does not hold what was last written; restart the till's program",
  SECOND_MISSING: "its folder is not there",
  SECOND_TAKEN: "another program uses its folder",
  SECOND_BEHIND: "it is being brought up to date",
  LOCK_LOST: "the lock on the data directory was lost; restart the till's program",
  BACKLOG: "too many writes are waiting for the disk",
  CLOSED: "the till's program is stopping",
};

/** What went wrong, for a person. */
export function describe(error: unknown): string {
  if (error instanceof JournalNewer) return error.message;
  return words[errorCode(error)] ?? "the journal cannot be written";
}

/** What a caller gets in place of the database's error, which names paths and SQL. */
export function journalFailed(error: unknown): BridgeError {
  return new BridgeError("JOURNAL_FAILED", { reason: describe(error) });
}

/** The same for a write that may turn up in the file all the same: it may still be done. */
export function journalInDoubt(error: unknown): BridgeError {
  const hint =
    "It is not known yet whether the till will still do this. Ask the till again before you do it another way.";
  return new BridgeError("JOURNAL_FAILED", { reason: describe(error), retry: "query", hint });
}

type OwnCode =
  | "CHAIN_BROKEN"
  | "DIVERGED"
  | "SECOND_MISSING"
  | "SECOND_TAKEN"
  | "SECOND_BEHIND"
  | "LOCK_LOST"
  | "BACKLOG"
  | "HANGS"
  | "CLOSED";

/** A failure with one of our own codes from the table above. */
export class JournalFailure extends Error {
  readonly code: string;
  constructor(code: OwnCode) {
    super(words[code]);
    this.name = "JournalFailure";
    this.code = code;
  }
}

const damage: ReadonlySet<string> = new Set(["SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_MISMATCH"]);

/** Whether the file itself is damaged, so that waiting or making room would not help. */
export function isDamage(error: unknown): boolean {
  return damage.has(errorCode(error));
}
