import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { journalCommand } from "../../daemon/cli/journal/command.ts";
import { type Journal, openJournal } from "../../daemon/journal/journal.ts";
import { type SqliteConnection, connect } from "../../daemon/journal/sqlite/connection.ts";
import type { Logger } from "../../daemon/log/logger.ts";
import { realWorld, type World } from "../../daemon/world.ts";
import { rowOf, started } from "./orders.ts";

/** A data directory of a test, gone when it ends. */
export class JournalFolder {
  readonly dataDir: string;
  now = Date.parse("2026-11-23T12:00:00Z");
  /** What those who wait wait by. */
  world: Pick<World, "sleep"> = realWorld();
  /** A folder on another disk, for a second journal. */
  secondFolder: string | undefined;

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async make(): Promise<JournalFolder> {
    const dataDir = await mkdtemp(join(tmpdir(), "tillbridge-journal-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    return new JournalFolder(dataDir);
  }

  get database(): string {
    return join(this.dataDir, "journal", "journal.db");
  }

  path(name: string): string {
    return join(this.dataDir, name);
  }

  open(log?: Logger): Promise<Journal> {
    const { dataDir, secondFolder } = this;
    const sleep = (ms: number, signal?: AbortSignal) => this.world.sleep(ms, signal);
    return openJournal({
      dataDir,
      secondFolder,
      world: { now: () => this.now, sleep },
      version: "1.0.0",
      ...(log && { log }),
    });
  }

  /** Runs a whole life of the daemon, which writes these payments. */
  async write(...ids: string[]): Promise<void> {
    const journal = await this.open();
    for (const id of ids) await journal.payments.append(id, [started(id)], rowOf(id));
    await journal.close();
  }

  /** Changes the file behind the journal's back. */
  async tamper(...statements: string[]): Promise<void> {
    await this.#use((connection) => connection.script(statements.join(";")));
  }

  async rows(sql: string) {
    return this.#use((connection) => connection.all(sql));
  }

  /** `tillbridge journal …`: its exit code and what it printed. */
  async command(...argv: string[]): Promise<{ code: number; lines: string[] }> {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const code = await journalCommand(argv, { dataDir: this.dataDir, print, now: () => this.now });
    return { code, lines };
  }

  async #use<Value>(use: (connection: SqliteConnection) => Promise<Value>): Promise<Value> {
    const connection = await connect(this.database, "write");
    try {
      return await use(connection);
    } finally {
      await connection.close();
    }
  }
}
