import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../../daemon/journal/sqlite/connection.ts";
import type { Journal } from "../../daemon/journal/journal.ts";
import { JournalFolder } from "../support/journal-folder.ts";
import { rowOf, started } from "../support/orders.ts";
import { until } from "../support/until.ts";
import { SteadyWorld } from "../support/steady-world.ts";

// A second journal on another disk: memory stands for that disk, so that its device differs from the first one's.

async function folders(): Promise<{ folder: JournalFolder; second: string }> {
  const folder = await JournalFolder.make();
  const second = await mkdtemp("/dev/shm/tillbridge-second-");
  onTestFinished(() => rm(second, { recursive: true, force: true }));
  folder.secondFolder = second;
  return { folder, second };
}

const append = (journal: Journal, ...ids: string[]) =>
  Promise.all(ids.map((id) => journal.payments.append(id, [started(id)], rowOf(id))));

const idsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => `payment-${first + index}`);

/** What the second journal holds, seen with the first one out of the way. */
async function secondAlone(second: string): Promise<JournalFolder> {
  const alone = await JournalFolder.make();
  await cp(second, alone.dataDir, { recursive: true });
  return alone;
}

const events = (folder: JournalFolder) => folder.rows("SELECT seq, hex(hash) AS hash FROM events ORDER BY seq");

describe("a second journal on another disk", () => {
  test("holds every row and every index entry of the first, and verifies on its own", async () => {
    const { folder, second } = await folders();
    const journal = await folder.open();
    await append(journal, ...idsFrom(1, 20));
    expect(journal.health()).toEqual({ state: "ok" });
    await journal.close();
    const alone = await secondAlone(second);
    expect(await events(alone)).toEqual(await events(folder));
    expect(await alone.rows("SELECT * FROM payments")).toEqual(await folder.rows("SELECT * FROM payments"));
    expect(await alone.command("verify")).toMatchObject({ code: 0 });
  });

  test("gives back all of it when the first disk is lost, and the chain goes on", async () => {
    const { folder } = await folders();
    await folder.write(...idsFrom(1, 20));
    await rm(folder.dataDir, { recursive: true });
    const journal = await folder.open();
    expect(await journal.payments.open()).toHaveLength(20);
    expect(journal.health()).toMatchObject({ state: "ok", detail: expect.stringContaining("taken from the second") });
    await append(journal, "payment-21");
    await journal.close();
    const verified = await folder.command("verify");
    expect(verified.lines.join("\n")).toContain("givenBack");
    expect(verified.lines.join("\n")).not.toMatch(/edited|deleted|inserted|older/);
  });

  test("gives back what a first journal lost that was replaced by yesterday's copy", async () => {
    const { folder } = await folders();
    await folder.write(...idsFrom(1, 5));
    await folder.command("backup", folder.path("yesterday.db"));
    await folder.write(...idsFrom(6, 5));
    for (const end of ["", "-wal", "-shm"]) await rm(`${folder.database}${end}`, { force: true });
    await rename(folder.path("yesterday.db"), folder.database);
    const journal = await folder.open();
    expect(await journal.payments.open()).toHaveLength(10);
    expect(journal.health().detail).toContain("taken from the second");
    await journal.close();
  });

  test("takes the place of a damaged first one, which is kept aside whole", async () => {
    const { folder } = await folders();
    await folder.write(...idsFrom(1, 20));
    await writeFile(folder.database, "this is no journal any more".repeat(500));
    const journal = await folder.open();
    expect(await journal.payments.open()).toHaveLength(20);
    await journal.close();
    expect((await readdir(folder.dataDir)).filter((name) => name.startsWith("journal-damaged-"))).toHaveLength(1);
  });

  test("that is made later gets what was there before; one that was away for a while gets the rest", async () => {
    const { folder, second } = await folders();
    folder.secondFolder = undefined;
    await folder.write(...idsFrom(1, 20));
    folder.secondFolder = second;
    await folder.write(...idsFrom(21, 20));
    folder.secondFolder = undefined;
    await folder.write(...idsFrom(41, 20));
    folder.secondFolder = second;
    await folder.write("payment-61");
    expect(await events(await secondAlone(second))).toEqual(await events(folder));
  });

  test("far behind is brought up to date while sales go on", async () => {
    const { folder, second } = await folders();
    folder.secondFolder = undefined;
    const before = await folder.open();
    await append(before, ...idsFrom(1, 6000));
    await before.close();
    folder.secondFolder = second;
    const journal = await folder.open();
    await append(journal, "payment-6001");
    await expect.poll(() => journal.health()).toEqual({ state: "ok" });
    await append(journal, "payment-6002");
    await journal.close();
    const alone = await secondAlone(second);
    expect(await events(alone)).toEqual(await events(folder));
    expect(await alone.command("verify")).toMatchObject({ code: 0 });
  });

  test("whose disk goes away stops no sale: the till says so, and makes no folder in its place", async () => {
    const { folder, second } = await folders();
    folder.secondFolder = join(second, "not-mounted", "till-1");
    const journal = await folder.open();
    expect(journal.health().detail).toBe("the second journal is not kept: its folder is not there");
    await append(journal, "payment-1");
    await journal.close();
    expect(await readdir(second)).toEqual([]);
  });

  test("whose disk comes back is brought up to date within ten seconds", async () => {
    const { folder, second } = await folders();
    const world = new SteadyWorld();
    folder.world = world;
    folder.secondFolder = join(second, "mounted-late", "till-1");
    const journal = await folder.open();
    await append(journal, "payment-1");
    await mkdir(join(second, "mounted-late"));
    await world.pass(9999);
    expect(journal.health().detail).toContain("not kept");
    await world.pass(1);
    await until(() => journal.health().detail === undefined);
    expect(journal.health()).toEqual({ state: "ok" });
    await append(journal, "payment-2");
    await journal.close();
    expect(world.sleeping).toBe(0);
    expect(await events(await secondAlone(folder.secondFolder))).toEqual(await events(folder));
  });

  test("that knew payments which the first does not know is kept aside; they are told, and asked about from the next start on", async () => {
    const { folder, second } = await folders();
    const journal = await folder.open();
    await append(journal, "payment-1");
    await journal.close();
    folder.secondFolder = undefined;
    await folder.write("payment-2");
    const mirror = await secondAlone(second);
    await mirror.write("payment-3");
    await cp(mirror.dataDir, second, { recursive: true, force: true });
    folder.secondFolder = second;
    const both = await folder.open();
    expect(both.health().detail).toContain("rows that the first does not know");
    await both.close();
    const again = await folder.open();
    expect(await again.payments.open()).toEqual(["payment-1", "payment-2", "payment-3"]);
    expect(await again.payments.events("payment-3")).toBeUndefined();
    expect(await again.payments.row("payment-3")).toMatchObject({ reference: "reference-payment-3" });
    await again.close();
  });

  test("that is no copy of the first is kept aside, not overwritten and not believed", async () => {
    const { folder, second } = await folders();
    const other = await JournalFolder.make();
    other.secondFolder = second;
    await other.write("payment-of-another-till");
    folder.secondFolder = undefined;
    await folder.write("payment-1");
    folder.secondFolder = second;
    const journal = await folder.open();
    expect(await journal.payments.events("payment-of-another-till")).toBeUndefined();
    await journal.close();
    expect((await readdir(second)).filter((name) => name.startsWith("journal-damaged-"))).toHaveLength(1);
  });

  test("to which somebody else has written is kept aside and made anew at once", async () => {
    const { folder, second } = await folders();
    const journal = await folder.open();
    await append(journal, "payment-1");
    const tampered = await connect(join(second, "journal", "journal.db"), "write");
    await tampered.script("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)");
    await tampered.close();
    await append(journal, "payment-2");
    await expect.poll(() => journal.health()).toEqual({ state: "ok" });
    await append(journal, "payment-3");
    await journal.close();
    expect(await events(await secondAlone(second))).toEqual(await events(folder));
  });

  test("is not shared by two tills at once", async () => {
    const { folder, second } = await folders();
    const journal = await folder.open();
    const other = await JournalFolder.make();
    other.secondFolder = second;
    const refused = await other.open();
    expect(refused.health().detail).toContain("another program uses its folder");
    await refused.close();
    await journal.close();
  });

  test("on the same disk as the first is kept, and called what it is", async () => {
    const { folder } = await folders();
    const second = `${folder.dataDir}-second`;
    folder.secondFolder = await mkdtemp(second);
    const same = folder.secondFolder;
    onTestFinished(() => rm(same, { recursive: true, force: true }));
    const journal = await folder.open();
    expect(journal.health()).toEqual({ state: "ok", detail: "the second journal is on the same disk as the first" });
    await journal.close();
  });
});
