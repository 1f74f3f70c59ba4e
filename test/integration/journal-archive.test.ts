import { chmod, copyFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Journal } from "../../daemon/journal/journal.ts";
import { type Connection, connect } from "../../daemon/journal/sqlite.ts";
import type { PaymentRow } from "../../daemon/payments/ports/store.ts";
import { JournalChild } from "../support/journal-child.ts";
import { JournalFolder } from "../support/journal-folder.ts";
import { rowOf, started } from "../support/orders.ts";

const today = Date.parse("2026-11-23T12:00:00Z");
const go = async () => true;
/** Journal rows of a payment below. */
const rowsEach = 7;

const idOf = (day: string) => `payment-${day}`;

/** A sale of that day, as the POS finishes it. */
async function sell(
  folder: JournalFolder,
  journal: Journal,
  day: string,
  change: Partial<PaymentRow> = {},
): Promise<void> {
  folder.now = Date.parse(`${day}T12:00:00Z`);
  const row = { state: "completed", open: false, receiptNumber: `R-${day}`, ...change } as const;
  await journal.payments.append(
    idOf(day),
    [
      started(idOf(day)),
      { type: "requested", key: "key", body: "{}" },
      { type: "created" },
      { type: "authorized" },
      { type: "captureRequested", key: "key", body: "{}" },
      { type: "captured" },
      { type: "receiptMade", receiptNumber: `R-${day}` },
    ],
    rowOf(idOf(day), { ...row, startedAt: folder.now }),
  );
}

const days = [
  "2023-05-01",
  "2023-12-31",
  "2024-01-01",
  "2024-06-15",
  "2024-12-31",
  "2025-01-01",
  "2025-10-20",
  "2026-11-22",
];

/** A till that has sold since 2023, and in that year so many more. */
async function oldTill(more = 0): Promise<{ folder: JournalFolder; journal: Journal }> {
  const folder = await JournalFolder.make();
  folder.now = Date.parse("2023-05-01T08:00:00Z");
  const journal = await folder.open();
  await journal.till.append({ type: "removed" });
  const row = { open: false, state: "expired" } as const;
  const many = Array.from({ length: more }, (_, index) => `payment-many-${index}`);
  await Promise.all(many.map((id) => journal.payments.append(id, [started(id), { type: "expired" }], rowOf(id, row))));
  for (const day of days) await sell(folder, journal, day);
  folder.now = today;
  // Most tests close it themselves.
  onTestFinished(() => journal.close().catch(() => undefined));
  return { folder, journal };
}

async function subjectsIn(folder: JournalFolder): Promise<string[]> {
  const rows = await folder.rows("SELECT DISTINCT subject FROM events WHERE subject LIKE 'payment-%' ORDER BY seq");
  return rows.map(({ subject }) => String(subject).replace("payment-", ""));
}

async function inFile<Value>(path: string, use: (connection: Connection) => Promise<Value>): Promise<Value> {
  await chmod(path, 0o600);
  const connection = await connect(path, "write");
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** Everything that was sold is known, found and whole. */
async function expectAll(journal: Journal): Promise<void> {
  for (const day of days) {
    expect(await journal.payments.events(idOf(day)), day).toHaveLength(rowsEach);
    expect(await journal.payments.find({ receiptNumber: `R-${day}` })).toBe(idOf(day));
  }
  expect(await journal.till.events()).toEqual([{ type: "removed" }]);
}

describe("years that are over", () => {
  test("move to a file of their own once all of them is older than 400 days", async () => {
    const { folder, journal } = await oldTill();
    await journal.archive({ now: today, pause: go });
    expect(await readdir(folder.path("archive"))).toEqual(["2024.db"]);
    expect(await subjectsIn(folder)).toEqual(["2025-01-01", "2025-10-20", "2026-11-22"]);
    await expectAll(journal);
  });

  test("stay where they are until then: what can still be refunded is never archived", async () => {
    const { folder, journal } = await oldTill();
    await journal.archive({ now: Date.parse("2026-02-04T00:00:00Z"), pause: go });
    expect(await readdir(folder.path("archive"))).toEqual(["2023.db"]);
    await journal.archive({ now: Date.parse("2026-02-06T00:00:00Z"), pause: go });
    expect(await readdir(folder.path("archive"))).toEqual(["2023.db", "2024.db"]);
  });

  test("are told by the journal itself, and the chain goes on through all files", async () => {
    const { folder, journal } = await oldTill();
    for (const year of [2025, 2026, 2027]) await journal.archive({ now: Date.UTC(year, 11, 1), pause: go });
    expect(await readdir(folder.path("archive"))).toEqual(["2023.db", "2024.db", "2025.db"]);
    const facts = await folder.rows("SELECT body FROM events WHERE type = 'archived' ORDER BY seq");
    expect(facts.map(({ body }) => JSON.parse(String(body)) as object)).toMatchObject([
      { file: "2023.db", rows: 2 + 2 * rowsEach },
      { file: "2024.db", rows: 3 * rowsEach },
      { file: "2025.db", rows: 2 * rowsEach },
    ]);
    const rows = 2 + days.length * rowsEach + facts.length;
    expect(await folder.command("verify")).toEqual({ code: 0, lines: [`${rows} rows, nothing wrong.`] });
    await expectAll(journal);
  });

  test("are known to the next life of the daemon, also when the journal cannot be written then", async () => {
    const { folder, journal } = await oldTill();
    await journal.archive({ now: today, pause: go });
    await journal.close();
    const next = await folder.open();
    await expectAll(next);
    expect(next.health()).toEqual({ state: "ok" });
    await next.close();
  });

  test("are not moved twice, and a call with nothing to do changes nothing", async () => {
    const { folder, journal } = await oldTill();
    for (let times = 1; times <= 3; times += 1) await journal.archive({ now: today, pause: go });
    expect(await folder.rows("SELECT count(*) AS count FROM events WHERE type = 'archived'")).toEqual([{ count: 1 }]);
  });

  test("are left alone while a payment of them is open", async () => {
    const { folder, journal } = await oldTill();
    await journal.payments.append(idOf("2024-06-15"), [{ type: "refunded", refundId: "refund-x" }], {
      ...rowOf(idOf("2024-06-15"), { open: true, state: "completed" }),
    });
    await journal.archive({ now: today, pause: go });
    expect(await subjectsIn(folder)).toContain("2023-05-01");
  });

  test("are not moved by a clock that is ahead for rows of today, nor kept for ever by rows from the future", async () => {
    const { folder, journal } = await oldTill();
    folder.now = Date.parse("2023-06-01T12:00:00Z");
    await sell(folder, journal, "2099-01-01");
    folder.now = today;
    await sell(folder, journal, "2026-11-23");
    folder.now = today;
    await journal.archive({ now: today, pause: go });
    expect(await subjectsIn(folder)).toEqual(["2025-01-01", "2025-10-20", "2026-11-22", "2099-01-01", "2026-11-23"]);
  });
});

describe("an archived payment", () => {
  test("is listed, shown and exported like any other, once", async () => {
    const { folder, journal } = await oldTill();
    await journal.archive({ now: today, pause: go });
    expect((await journal.payments.list({ limit: 50 })).paymentIds).toEqual(days.map(idOf).toReversed());
    expect((await folder.command("show", "R-2023-05-01")).lines).toHaveLength(1 + rowsEach);
    expect((await folder.command("list")).lines).toHaveLength(1 + days.length);
    const { code, lines } = await folder.command("export");
    const rows = JSON.parse(lines.join("")) as { seq: number }[];
    expect([code, rows.length]).toEqual([0, 2 + days.length * rowsEach + 1]);
    expect(rows.map(({ seq }) => seq)).toEqual([...new Set(rows.map(({ seq }) => seq))].toSorted((a, b) => a - b));
  });

  test("can still be refunded: its past is in the archive, its new events in the journal", async () => {
    const { folder, journal } = await oldTill();
    await journal.archive({ now: today, pause: go });
    const finished = { state: "completed", open: false, receiptNumber: "R-2024-06-15" } as const;
    const row = rowOf(idOf("2024-06-15"), { ...finished, open: true, refundIds: ["refund-1"] });
    const refund = { refundId: "refund-1", amount: { currency: "DKK", value: 1 }, key: "key", body: "{}" } as const;
    await journal.payments.append(idOf("2024-06-15"), [{ type: "refundStarted", refund }], row);
    const events = (await journal.payments.events(idOf("2024-06-15"))) ?? [];
    expect(events.map(({ type }) => type).slice(-2)).toEqual(["receiptMade", "refundStarted"]);
    expect(events).toHaveLength(rowsEach + 1);
    expect(await journal.payments.open()).toEqual([idOf("2024-06-15")]);
    const closed = rowOf(idOf("2024-06-15"), finished);
    await journal.payments.append(idOf("2024-06-15"), [{ type: "refunded", refundId: "refund-1" }], closed);
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
  });

  test("costs a new payment nothing: only what the index knows is looked for in archives", async () => {
    const { folder, journal } = await oldTill();
    await journal.archive({ now: today, pause: go });
    await rename(folder.path("archive"), folder.path("elsewhere"));
    expect(await journal.payments.events("payment-new-1")).toBeUndefined();
    await expect(journal.payments.events(idOf("2023-05-01"))).rejects.toMatchObject({
      code: "JOURNAL_FAILED",
      details: { reason: "a file of the journal's archive is missing" },
    });
    expect(await journal.payments.events(idOf("2026-11-22"))).toHaveLength(rowsEach);
  });
});

describe("journal verify of a journal with archives", () => {
  async function archived(): Promise<JournalFolder> {
    const { folder, journal } = await oldTill();
    for (const year of [2025, 2026]) await journal.archive({ now: Date.UTC(year, 11, 1), pause: go });
    await journal.close();
    return folder;
  }

  async function firstRow(folder: JournalFolder, file: string): Promise<number> {
    const [row] = await inFile(folder.path(`archive/${file}`), (file) =>
      file.all("SELECT min(seq) AS seq FROM events"),
    );
    return Number(row?.["seq"]);
  }

  test("names the row of an archive that was edited", async () => {
    const folder = await archived();
    const seq = await firstRow(folder, "2024.db");
    const edit = "UPDATE events SET body = replace(body, '4990', '1') WHERE seq = (SELECT min(seq) FROM events)";
    await inFile(folder.path("archive/2024.db"), (file) => file.script(edit));
    const { code, lines } = await folder.command("verify");
    expect([code, lines]).toEqual([1, expect.arrayContaining([`Row ${seq} was edited.`])]);
  });

  test("names the row of an archive that was deleted, and the end that was cut off", async () => {
    const folder = await archived();
    const seq = await firstRow(folder, "2024.db");
    await inFile(folder.path("archive/2024.db"), (file) => file.script(`DELETE FROM events WHERE seq = ${seq}`));
    expect((await folder.command("verify")).lines).toContain(`Row ${seq} was deleted.`);
    const [last] = await inFile(folder.path("archive/2023.db"), (file) =>
      file.all("SELECT max(seq) AS seq FROM events"),
    );
    await inFile(folder.path("archive/2023.db"), (file) =>
      file.script(`DELETE FROM events WHERE seq = ${Number(last?.["seq"])}`),
    );
    expect((await folder.command("verify")).lines).toContain(`Row ${Number(last?.["seq"])} was deleted.`);
  });

  test("tells an archive that was replaced by one with a chain of its own", async () => {
    const folder = await archived();
    const other = await archived();
    await rm(folder.path("archive/2023.db"));
    // Of a till that sold the same in other words.
    await inFile(other.path("archive/2023.db"), (file) =>
      file.script("UPDATE events SET hash = randomblob(32) WHERE seq = (SELECT max(seq) FROM events)"),
    );
    await copyFile(other.path("archive/2023.db"), folder.path("archive/2023.db"));
    const { code, lines } = await folder.command("verify");
    expect([code, lines.join()]).toEqual([1, expect.stringMatching(/edited|not the one that was last written/)]);
  });

  test("says that an archive is missing, and checks the rest", async () => {
    const folder = await archived();
    await rename(folder.path("archive/2023.db"), folder.path("2023.db"));
    const { code, lines } = await folder.command("verify");
    expect([code, lines]).toEqual([
      1,
      ["The archive 2023.db is not there: what stands in it was not checked.", expect.stringContaining("rows, not as")],
    ]);
    await writeFile(folder.path("archive/2023.db"), "");
    expect((await folder.command("verify")).lines[0]).toContain("2023.db is not there");
  });

  test("names what stands in the journal otherwise than in its archive", async () => {
    const folder = await archived();
    await folder.tamper(`UPDATE events SET body = '{"changed":1}' WHERE subject = 'till'`);
    expect((await folder.command("verify")).lines.join()).toContain("otherwise than in its archive");
  });

  test("finds a damaged archive", async () => {
    const folder = await archived();
    await chmod(folder.path("archive/2023.db"), 0o600);
    await writeFile(folder.path("archive/2023.db"), Buffer.alloc(20_000, 7));
    expect(await folder.command("verify")).toMatchObject({ code: 1 });
  });
});

describe("moving years", () => {
  /** Stops after so many pieces of work, as a daemon that is told to end. */
  function stopAfter(times: number): () => Promise<boolean> {
    let left = times;
    return async () => (left -= 1) >= 0;
  }

  test("goes on where it was stopped, at whichever step", async () => {
    for (let steps = 0; steps <= 6; steps += 1) {
      const { folder, journal } = await oldTill();
      await journal.archive({ now: today, pause: stopAfter(steps) });
      await expectAll(journal);
      await journal.close();
      expect(await folder.command("verify"), `after ${steps} steps`).toMatchObject({ code: 0 });
      const next = await folder.open();
      await expectAll(next);
      await next.archive({ now: today, pause: go });
      await expectAll(next);
      await next.close();
      expect(await subjectsIn(folder)).toEqual(["2025-01-01", "2025-10-20", "2026-11-22"]);
      expect(await folder.command("verify")).toMatchObject({ code: 0 });
    }
  });

  test("lets sales go on meanwhile, and moves none of them", async () => {
    const { folder, journal } = await oldTill();
    let sales = 0;
    const pause = async () => {
      folder.now = today;
      const id = `payment-new-${(sales += 1)}`;
      await journal.payments.append(id, [started(id)], rowOf(id));
      return true;
    };
    await journal.archive({ now: today, pause });
    expect(sales).toBeGreaterThan(2);
    expect((await journal.payments.open()).length).toBe(sales);
    await expectAll(journal);
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
  });

  test("begins anew over what an earlier try has left", async () => {
    const { folder, journal } = await oldTill();
    await journal.archive({ now: today, pause: stopAfter(1) });
    await writeFile(folder.path("archive/2024.db.part"), "half");
    await writeFile(folder.path("archive/2024.db"), "a file that the journal never named");
    await journal.archive({ now: today, pause: go });
    await expectAll(journal);
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
  });

  test("that fails costs no sale and is tried again", async () => {
    const { folder, journal } = await oldTill();
    await writeFile(folder.path("archive"), "a file where the folder should be");
    await journal.archive({ now: today, pause: go });
    expect(journal.health()).toEqual({ state: "ok" });
    await rm(folder.path("archive"));
    await journal.archive({ now: today, pause: go });
    expect(await readdir(folder.path("archive"))).toEqual(["2024.db"]);
  });

  /** Each is a point at which the file system has been told to make something last. */
  const lastingCalls = "fsync,fdatasync,rename,unlink,chmod";

  test("loses nothing when the process is killed at whichever step", { timeout: 60_000 }, async () => {
    const { folder, journal } = await oldTill(1200);
    await journal.close();
    let killed = 0;
    for (let nth = 4; nth < 60; nth += 2) {
      // One thread, because strace counts for each thread apart.
      const inject = ["-e", `trace=${lastingCalls}`, "-e", `inject=${lastingCalls}:signal=KILL:when=${nth}`];
      const child = new JournalChild(folder.dataDir, [
        "strace",
        "-f",
        "-q",
        "-o",
        "/dev/null",
        ...inject,
        "env",
        "UV_THREADPOOL_SIZE=1",
      ]);
      child.tell({ archive: today });
      await Promise.race([child.exit, child.answer("obeyed")]);
      const isDone = child.answers.some((answer) => "obeyed" in answer);
      if (isDone) await child.close();
      else killed += 1;
      expect(await folder.command("verify"), `killed at call ${nth}`).toMatchObject({ code: 0 });
      if (isDone) break;
    }
    expect(killed).toBeGreaterThan(3);
    const last = await folder.open();
    await expectAll(last);
    expect(await last.payments.events("payment-many-1034")).toHaveLength(2);
    await last.close();
    expect(await subjectsIn(folder)).toEqual(["2025-01-01", "2025-10-20", "2026-11-22"]);
  });
});

test("a damaged journal with archives is replaced by one that still finds every archived payment", async () => {
  const { folder, journal } = await oldTill();
  for (const year of [2025, 2026]) await journal.archive({ now: Date.UTC(year, 11, 1), pause: go });
  await journal.close();
  await folder.tamper("DROP TABLE refunds", "PRAGMA application_id = 0");
  const next = await folder.open();
  expect(next.health().detail).toContain(`a new one holds the ${days.length} payments`);
  await expectAll(next);
  await next.close();
  expect(await folder.command("verify")).toMatchObject({ code: 0 });
});

test("a journal that has lost its whole file but not its archives finds the archived payments again", async () => {
  const { folder, journal } = await oldTill();
  await journal.archive({ now: today, pause: go });
  await journal.close();
  await writeFile(folder.database, "nothing of it can be read ".repeat(500));
  const next = await folder.open();
  for (const day of days.slice(0, 5)) expect(await next.payments.events(idOf(day))).toHaveLength(rowsEach);
  expect(await next.payments.find({ receiptNumber: "R-2023-05-01" })).toBe(idOf("2023-05-01"));
  await next.close();
  expect(await folder.command("verify")).toMatchObject({ code: 0 });
});
