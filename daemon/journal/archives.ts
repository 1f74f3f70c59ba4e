import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { chainStart, journalSubject, type Tail } from "./chain.ts";
import { JournalFailure } from "./health.ts";
import { checkVersion } from "./migrations.ts";
import { type Connection, connect, integerOf, type Row, textOf } from "./sqlite.ts";

/** A file with the journal's oldest rows, as the journal names it. `seq` and `hash` are its last row's: the chain goes on there. */
export interface Archive extends Tail {
  readonly file: string;
  readonly rows: number;
}

/** The fact by which a journal names an archive. It stays in the journal when the rows around it are archived in their turn. */
export const archivedType = "archived";

/** Rows that stay although they are archived too: what the till is, and which archives there are. */
export const staysSql = `(subject = 'till' OR (subject = '${journalSubject}' AND type = '${archivedType}'))`;

/** The archives of a journal, oldest first. */
export async function archivesOf(connection: Pick<Connection, "all">): Promise<readonly Archive[]> {
  const sql = "SELECT body FROM events WHERE subject = ? AND type = ? ORDER BY seq";
  const rows = await connection.all(sql, journalSubject, archivedType);
  return rows.map(archiveIn);
}

/** The end of what is archived: rows up to there may still be in the journal, and count as archived all the same. */
export function baseOf(archives: readonly Archive[]): Tail {
  const last = archives.at(-1);
  return last === undefined ? chainStart : { seq: last.seq, hash: last.hash };
}

function archiveIn(row: Row): Archive {
  // Written by `archivedFact` from this very type.
  const { file, seq, hash, rows } = JSON.parse(textOf(row, "body")) as Archive;
  return { file, seq, hash, rows };
}

export function archivedFact({ file, seq, hash, rows }: Archive): { readonly type: string } & Archive {
  return { type: archivedType, file, seq, hash, rows };
}

/** Opens an archive for reading; it never changes. Rejects with `ARCHIVE_MISSING`, or a failure whose code says what is wrong. */
export async function openArchive(folder: string, { file }: Pick<Archive, "file">): Promise<Connection> {
  const path = join(folder, file);
  const there = await stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
  if (!there) throw new JournalFailure("ARCHIVE_MISSING");
  const connection = await connect(path, "frozen");
  try {
    await checkVersion(connection);
    return connection;
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

/** The archives that are there, whether or not a journal names them; those that cannot be read are left out. Oldest first. */
export async function archivesIn(folder: string): Promise<readonly Archive[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d{4}(-\d+)?\.db$/.test(name));
  const found: Archive[] = [];
  for (const file of names) {
    const archive = await readEnd(folder, file).catch(() => undefined);
    if (archive) found.push(archive);
  }
  return found.toSorted((one, other) => one.seq - other.seq);
}

async function readEnd(folder: string, file: string): Promise<Archive | undefined> {
  const connection = await openArchive(folder, { file });
  try {
    const [last] = await connection.all("SELECT seq, lower(hex(hash)) AS hash FROM events ORDER BY seq DESC LIMIT 1");
    const [count] = await connection.all("SELECT count(*) AS rows FROM events");
    return last && { file, seq: integerOf(last, "seq"), hash: textOf(last, "hash"), rows: integerOf(count, "rows") };
  } finally {
    await connection.close();
  }
}

/** What a running daemon knows of its archives. They are opened for one question at a time: such questions are rare. */
export class Archives {
  readonly #folder: string;
  #archives: readonly Archive[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  get all(): readonly Archive[] {
    return this.#archives;
  }

  get base(): Tail {
    return baseOf(this.#archives);
  }

  set(archives: readonly Archive[]): void {
    this.#archives = archives;
  }

  /** The archived rows about a subject, oldest first. Rejects when an archive cannot be read. */
  async rows(sql: string, ...values: readonly (string | number)[]): Promise<readonly Row[]> {
    const found: Row[] = [];
    for (const archive of this.#archives) {
      const connection = await openArchive(this.#folder, archive);
      try {
        found.push(...(await connection.all(sql, ...values)));
      } finally {
        await connection.close();
      }
    }
    return found;
  }
}

/** Without the rows that are archived already. */
export function behind(base: Tail, rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => integerOf(row, "seq") > base.seq);
}
