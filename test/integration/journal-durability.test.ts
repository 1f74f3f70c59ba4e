import { readFile } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { JournalChild } from "../support/journal-child.ts";
import { JournalFolder } from "../support/journal-folder.ts";

function ids(count: number, prefix = "payment"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

async function child(folder: JournalFolder, before: readonly string[] = []): Promise<JournalChild> {
  const started = new JournalChild(folder.dataDir, before);
  onTestFinished(async () => void (await started.kill()));
  expect(await started.answer("ready")).toBeTruthy();
  return started;
}

/** How often the write-ahead log was synced. */
async function syncs(trace: string): Promise<number> {
  const lines = (await readFile(trace, "utf8")).split("\n");
  return lines.filter((line) => /\b(fsync|fdatasync)\(\d+<[^>]*journal\.db-wal>/.test(line)).length;
}

function traced(folder: JournalFolder): readonly string[] {
  return ["strace", "-D", "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", folder.path("trace")];
}

describe("what was acknowledged", () => {
  test("is there after the process is killed in the middle of writing", async () => {
    const folder = await JournalFolder.make();
    for (const life of ids(3, "life")) {
      const writing = await child(folder);
      for (const id of ids(200, `${life}-payment`)) writing.tell({ append: [id] });
      await writing.until(() => writing.acked.length >= 20);
      await writing.kill();

      const journal = await folder.open();
      const missing = [];
      for (const id of writing.acked) if ((await journal.payments.events(id)) === undefined) missing.push(id);
      await journal.close();
      expect(missing).toEqual([]);
    }
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
  });

  test("was synced, once for each commit", async () => {
    const folder = await JournalFolder.make();
    const writing = await child(folder, traced(folder));
    const before = await syncs(folder.path("trace"));
    for (const id of ids(20)) await writing.ask({ append: [id] });
    expect((await syncs(folder.path("trace"))) - before).toBe(20);
    await writing.close();
  });

  test("was synced together when it was asked for together", async () => {
    const folder = await JournalFolder.make();
    const writing = await child(folder, traced(folder));
    const before = await syncs(folder.path("trace"));
    await writing.ask({ append: ids(400) });
    expect(writing.acked).toHaveLength(400);
    expect((await syncs(folder.path("trace"))) - before).toBeLessThanOrEqual(2);
    await writing.close();
  });

  test("is acknowledged in the order in which it was asked for", async () => {
    const folder = await JournalFolder.make();
    const writing = await child(folder);
    await writing.ask({ append: ids(700) });
    expect(writing.acked).toEqual(ids(700));
    const rows = await folder.rows("SELECT subject FROM events WHERE type = 'started' ORDER BY seq");
    expect(rows.map(({ subject }) => subject)).toEqual(ids(700));
  });
});

describe("numbers", () => {
  test("only grow across restarts, also those that are not stored", async () => {
    const folder = await JournalFolder.make();
    const first = await folder.open();
    const given = [first.nextSeq(), first.nextSeq()];
    await first.close();
    const second = await folder.open();
    given.push(second.nextSeq());
    await second.close();
    expect(given).toEqual(given.toSorted((a, b) => a - b));
    const starts = await folder.rows("SELECT seq FROM events WHERE type = 'daemonStarted' ORDER BY seq");
    expect(starts.map(({ seq }) => seq)).toEqual([1_000_000_000, 3_000_000_000]);
  });

  test("of stored rows and of passing events come from one count", async () => {
    const folder = await JournalFolder.make();
    const journal = await folder.open();
    const before = journal.nextSeq();
    await journal.till.append({ type: "removed" });
    const after = journal.nextSeq();
    await journal.close();
    const [row] = await folder.rows("SELECT seq FROM events WHERE subject = 'till'");
    expect([before, row?.["seq"], after]).toEqual([before, before + 1, before + 2]);
  });
});

describe("the data directory", () => {
  test("belongs to one daemon: a second is refused and the first goes on", async () => {
    const folder = await JournalFolder.make();
    const first = await child(folder);
    const second = new JournalChild(folder.dataDir);
    expect(await second.answer("refused")).toEqual({ refused: "JournalLocked" });
    expect(await second.exit).toBe(3);
    await expect(folder.open()).rejects.toThrow("another Tillbridge daemon");
    await first.ask({ append: ["payment-1"] });
    expect(first.acked).toEqual(["payment-1"]);
    await first.close();
  });

  test("is free again as soon as the daemon is killed", async () => {
    const folder = await JournalFolder.make();
    await (await child(folder)).kill();
    await folder.write("payment-1");
  });

  test("shows other users of the machine nothing", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    const { stat } = await import("node:fs/promises");
    expect((await stat(folder.path("journal"))).mode & 0o077).toBe(0);
    expect((await stat(folder.path("journal.anchor"))).mode & 0o077).toBe(0);
  });
});
