import type { Happened } from "../payments/payment/payment.ts";
import { type Archive, archivesOf, baseOf, openArchive } from "./archives.ts";
import { type ChainedRow, sameTail, type Tail } from "./chain.ts";
import { codeOf } from "./health.ts";
import { chainedRow, rowColumns } from "./journal-file.ts";
import { eventsOf } from "./payment-events.ts";
import { type Bindable, type Connection, integerOf, type Row } from "./sqlite.ts";

const rowsPerRead = 2000;

/** The archives of a journal and the journal itself, read as one. */
export class Sources {
  readonly live: Connection;
  readonly archives: readonly Archive[];
  /** Names of the archives that are not there. */
  readonly missing: readonly string[];
  readonly #open: ReadonlyMap<Archive, Connection>;

  private constructor(live: Connection, archives: readonly Archive[], open: ReadonlyMap<Archive, Connection>) {
    this.live = live;
    this.archives = archives;
    this.#open = open;
    this.missing = archives.filter((archive) => !open.has(archive)).map(({ file }) => file);
  }

  /** Takes over `live`. Rejects when an archive is there and cannot be opened. `archives`: those that the journal names. */
  static async of(live: Connection, folder: string, named?: readonly Archive[]): Promise<Sources> {
    const archives = named ?? (await archivesOf(live));
    const open = new Map<Archive, Connection>();
    for (const archive of archives) {
      const connection = await openArchive(folder, archive).catch((error: unknown) => {
        if (codeOf(error) === "ARCHIVE_MISSING") return undefined;
        throw error;
      });
      if (connection) open.set(archive, connection);
    }
    return new Sources(live, archives, open);
  }

  get base(): Tail {
    return baseOf(this.archives);
  }

  connectionOf(archive: Archive): Connection | undefined {
    return this.#open.get(archive);
  }

  /** All rows in order, or those about one subject; each once. */
  async *rows(subject?: string): AsyncIterable<ChainedRow> {
    for (const connection of this.#open.values()) yield* rowsIn(connection, { subject });
    yield* rowsIn(this.live, { after: this.base.seq, subject });
  }

  /** The events of several payments, each in order. */
  async events(paymentIds: readonly string[]): Promise<Map<string, Happened[]>> {
    const found = new Map<string, Happened[]>();
    const all = [...this.#open.values()].map((connection) => ({ connection, after: -1 }));
    for (const { connection, after } of [...all, { connection: this.live, after: this.base.seq }])
      for (const [id, events] of await eventsOf(connection, paymentIds, after))
        found.set(id, [...(found.get(id) ?? []), ...events]);
    return found;
  }

  /** The answers of every file, oldest file first. Rows that stand in two of them come twice. */
  async all(sql: string, ...values: readonly Bindable[]): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for (const connection of this.files) rows.push(...(await connection.all(sql, ...values)));
    return rows;
  }

  /** Whether the journal names another archive by now. */
  async isMoved(): Promise<boolean> {
    return (await archivesOf(this.live)).length !== this.archives.length;
  }

  /**
   * Rows that stand in the journal and in an archive must be the same. Returns the first that are not, by number. An archive that
   * is missing leaves its rows uncompared.
   */
  async different(most: number): Promise<readonly number[]> {
    const wrong: number[] = [];
    let rows: ChainedRow[] = [];
    const compare = async () => {
      wrong.push(...(await this.#unlike(rows)));
      rows = [];
    };
    for await (const row of rowsIn(this.live, { upTo: this.base.seq }))
      if (rows.push(row) >= rowsPerRead && wrong.length < most) await compare();
    await compare();
    return wrong.slice(0, most);
  }

  async #unlike(rows: readonly ChainedRow[]): Promise<readonly number[]> {
    const sql = `SELECT ${rowColumns} FROM events WHERE seq IN (SELECT value FROM json_each(?))`;
    const seqs = JSON.stringify(rows.map(({ seq }) => seq));
    const archived = new Map<number, ChainedRow>();
    for (const connection of this.#open.values())
      for (const row of await connection.all(sql, seqs)) archived.set(integerOf(row, "seq"), chainedRow(row));
    const isUnlike = (row: ChainedRow) => {
      const other = archived.get(row.seq);
      return other === undefined ? this.missing.length === 0 : !sameTail(row, other) || row.body !== other.body;
    };
    return rows.filter(isUnlike).map(({ seq }) => seq);
  }

  async close(): Promise<void> {
    await this.closeArchives();
    await this.live.close();
  }

  async closeArchives(): Promise<void> {
    for (const connection of this.#open.values()) await connection.close();
  }

  /** The files themselves, the oldest first. */
  get files(): readonly Connection[] {
    return [...this.#open.values(), this.live];
  }
}

interface Range {
  readonly after?: number;
  readonly upTo?: number;
  readonly subject?: string | undefined;
}

/** Rows of one file, in order; all of them where nothing is said. */
export async function* rowsIn(connection: Connection, range: Range = {}): AsyncIterable<ChainedRow> {
  for await (const rows of stretchesIn(connection, range)) yield* rows;
}

/** The same, many at a time: for whoever reads them all. Read to the end: the next rows are read ahead. */
export async function* stretchesIn(
  connection: Connection,
  { after = -1, upTo = Number.MAX_SAFE_INTEGER, subject }: Range = {},
): AsyncIterable<readonly ChainedRow[]> {
  const about = subject === undefined ? "" : " AND subject = ?";
  const sql = `SELECT ${rowColumns} FROM events WHERE seq > ? AND seq <= ?${about} ORDER BY seq LIMIT ${rowsPerRead}`;
  const read = (from: number) => connection.all(sql, from, upTo, ...(subject === undefined ? [] : [subject]));
  let reading = read(after);
  for (;;) {
    const rows = await reading;
    // The next rows are read while these are worked on.
    if (rows.length === rowsPerRead) reading = read(integerOf(rows.at(-1), "seq"));
    yield rows.map(chainedRow);
    if (rows.length < rowsPerRead) return;
  }
}
