import { mkdir, open, readdir, readFile, rename, stat } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Journal } from "../../daemon/journal/journal.ts";
import { JournalFolder } from "../support/journal-folder.ts";
import { rowOf, started } from "../support/orders.ts";

const ids = Array.from({ length: 400 }, (_, index) => `payment-${1000 + index}`);
const pageBytes = 4096;

/** A closed journal of many pages, with a payment in each row. */
async function written(): Promise<JournalFolder> {
  const folder = await JournalFolder.make();
  const journal = await folder.open();
  await Promise.all(ids.map((id) => journal.payments.append(id, [started(id)], rowOf(id))));
  await journal.close();
  return folder;
}

/** The disk gives back something else for one page. */
async function spoil(folder: JournalFolder, page: number): Promise<void> {
  const handle = await open(folder.database, "r+");
  await handle.write(Buffer.alloc(pageBytes, 0xa5), 0, pageBytes, (page - 1) * pageBytes);
  await handle.close();
}

/** Pages of a table or index that hold rows themselves. */
async function leaves(folder: JournalFolder, name: string): Promise<number[]> {
  const rows = await folder.rows(
    `SELECT pageno FROM dbstat WHERE name = '${name}' AND pagetype = 'leaf' ORDER BY path`,
  );
  return rows.map(({ pageno }) => Number(pageno));
}

async function known(journal: Journal): Promise<string[]> {
  const found = await Promise.all(ids.map(async (id) => ((await journal.payments.events(id)) ? id : "")));
  return found.filter((id) => id !== "");
}

async function asideOf(folder: JournalFolder): Promise<string> {
  return (await readdir(folder.dataDir)).find((name) => name.startsWith("journal-damaged-")) ?? "none";
}

describe("a journal with a damaged page", () => {
  test("at its end is replaced by one that holds all that can still be read", async () => {
    const folder = await written();
    const pages = await leaves(folder, "events");
    await spoil(folder, pages.at(-1) ?? 0);
    const journal = await folder.open();
    const left = await known(journal);
    expect(left.length).toBeGreaterThan(350);
    expect(await journal.payments.open()).toEqual(ids);
    expect(await journal.payments.find({ reference: `reference-${left[7]}` })).toBe(left[7]);
    expect(journal.health().detail).toContain(`a new one holds the ${left.length} payments that could be read`);
    await journal.close();
    expect((await folder.command("verify")).code).toBe(0);
  });

  test("in the middle is found when that page is read, and replaced at the next start with what is on both sides", async () => {
    const folder = await written();
    const pages = await leaves(folder, "events");
    await spoil(folder, pages[Math.floor(pages.length / 2)] ?? 0);
    const first = await folder.open();
    await expect(known(first)).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    expect(first.health()).toMatchObject({ state: "failed", detail: expect.stringContaining("restart") });
    await first.close();

    const second = await folder.open();
    const left = await known(second);
    expect([left[0], left.at(-1)]).toEqual([ids[0], ids.at(-1)]);
    expect(left.length).toBeGreaterThan(350);
    expect(second.health()).toMatchObject({ state: "ok", detail: expect.stringContaining("put aside") });
    await second.close();

    const third = await folder.open();
    expect(third.health()).toEqual({ state: "ok" });
    await third.close();
  });

  test("in an index loses no payment at all", async () => {
    const folder = await written();
    // The first holds what the journal says of itself, which is read at every start.
    for (const page of (await leaves(folder, "events_by_subject")).slice(1)) await spoil(folder, page);
    const first = await folder.open();
    await expect(known(first)).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    await first.close();
    const second = await folder.open();
    expect(await known(second)).toEqual(ids);
    await second.close();
  });

  test("is kept as it was, and the new one names it and goes on with higher numbers", async () => {
    const folder = await written();
    await spoil(folder, (await leaves(folder, "events")).at(-1) ?? 0);
    const damaged = await readFile(folder.database);
    const journal = await folder.open();
    expect(journal.nextSeq()).toBeGreaterThan(2_000_000_000);
    await journal.close();
    const aside = await asideOf(folder);
    expect((await readFile(folder.path(`${aside}/journal.db`))).equals(damaged)).toBe(true);
    const [row] = await folder.rows("SELECT body FROM events WHERE type = 'continued'");
    expect(JSON.parse(String(row?.["body"]))).toMatchObject({ from: aside, incomplete: [], lastSeq: 1_000_000_400 });
  });

  test("in the middle loses no open payment: those of which nothing is left are still found, and asked about at MobilePay", async () => {
    const folder = await written();
    const pages = await leaves(folder, "events");
    await spoil(folder, pages[Math.floor(pages.length / 2)] ?? 0);
    const first = await folder.open();
    await expect(known(first)).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    await first.close();
    const second = await folder.open();
    expect((await known(second)).length).toBeLessThan(ids.length);
    expect((await second.payments.open()).toSorted()).toEqual(ids);
    const gone = ids.find((id) => id === "payment-1200") ?? "";
    expect(await second.payments.row(gone)).toMatchObject({ reference: `reference-${gone}`, saleId: `sale-${gone}` });
    await second.close();
  });

  test("of which only a part of a payment is left names that payment, and does not take it for a new one", async () => {
    const folder = await written();
    await folder.tamper(
      "UPDATE events SET body = 'garbage' WHERE subject = 'payment-1003'",
      "DROP TABLE refunds",
      "PRAGMA application_id = 0",
    );
    const journal = await folder.open();
    await journal.payments.append("payment-1003", [{ type: "authorized" }], rowOf("payment-1003"));
    await journal.close();
    const [row] = await folder.rows("SELECT body FROM events WHERE type = 'continued'");
    expect(JSON.parse(String(row?.["body"]))).toMatchObject({ payments: ids.length - 1 });
  });
});

describe("losing power while a damaged journal is replaced", () => {
  test("before the damaged one is aside begins again at the next start", async () => {
    const folder = await written();
    await spoil(folder, (await leaves(folder, "events")).at(-1) ?? 0);
    await mkdir(folder.path("journal.new"));
    const journal = await folder.open();
    expect((await known(journal)).length).toBeGreaterThan(350);
    await journal.close();
    await expect(stat(folder.path("journal.new"))).rejects.toThrow("ENOENT");
  });

  test("after the damaged one is aside takes the new one into use at the next start", async () => {
    const folder = await written();
    await rename(folder.path("journal"), folder.path("journal.new"));
    const journal = await folder.open();
    expect(await known(journal)).toEqual(ids);
    await journal.close();
  });
});
