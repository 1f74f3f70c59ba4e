import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { openForWriting } from "../../daemon/journal/rows/open-for-writing.ts";
import { takeBack } from "../../daemon/journal/rows/take-back.ts";
import { journalPaths } from "../../daemon/journal/sqlite/paths.ts";
import { JournalChild } from "../support/journal-child.ts";
import { JournalFolder } from "../support/journal-folder.ts";
import { rowOf, started } from "../support/orders.ts";

async function child(folder: JournalFolder, before: readonly string[] = []): Promise<JournalChild> {
  const process = new JournalChild(folder.dataDir, before);
  onTestFinished(async () => void (await process.kill()));
  const ended = process.exit.then(() => Promise.reject(new Error("the journal's process ended before it was ready")));
  await Promise.race([process.answer("ready"), ended]);
  return process;
}

/** Any write beyond this many bytes of a file fails, as on a full disk. */
function limitFiles(process: JournalChild, bytes: number | "unlimited"): void {
  execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
}

/** A write beyond the limit is to fail, not to end the process. */
const withoutSignal = ["bash", "-c", "trap '' XFSZ; exec \"$@\"", "bash"];

async function health(process: JournalChild): Promise<unknown> {
  return (await process.ask({ health: true })).find((answer) => "health" in answer)?.["health"];
}

describe("a disk that takes nothing more", () => {
  test("fails every write that waits, and says why without a path", async () => {
    const folder = await JournalFolder.make();
    const process = await child(folder, withoutSignal);
    limitFiles(process, 4096);
    const answers = await process.ask({ append: ["payment-1", "payment-2"] });
    const failed = answers.filter((answer) => "failed" in answer);
    expect(failed.map((answer) => answer["failed"])).toEqual(["payment-1", "payment-2"]);
    expect(failed[0]?.["error"]).toMatchObject({ code: "JOURNAL_FAILED", retry: "query" });
    expect(await health(process)).toMatchObject({ state: "failed", detail: expect.any(String) });
    expect(JSON.stringify(process.answers)).not.toContain(folder.dataDir);
    expect(JSON.stringify(process.answers)).not.toMatch(/SQLITE|INSERT|events/);
  });

  test("does not keep what is there from being read", async () => {
    const folder = await JournalFolder.make();
    const process = await child(folder, withoutSignal);
    await process.ask({ append: ["payment-1"] });
    limitFiles(process, 4096);
    await process.ask({ append: ["payment-2"] });
    const answers = [...(await process.ask({ events: "payment-1" })), ...(await process.ask({ events: "payment-2" }))];
    expect(answers.filter((answer) => "events" in answer)).toMatchObject([
      { events: [{ type: "started" }] },
      { events: null },
    ]);
  });

  test("is written to again once there is room, and nothing of the failed writes turns up", async () => {
    const folder = await JournalFolder.make();
    const process = await child(folder, withoutSignal);
    await process.ask({ append: ["payment-1"] });
    limitFiles(process, 4096);
    for (const id of ["payment-2", "payment-3"]) await process.ask({ append: [id] });
    limitFiles(process, "unlimited");
    await process.ask({ append: ["payment-4"] });
    expect(process.acked).toEqual(["payment-1", "payment-4"]);
    expect(await health(process)).toEqual({ state: "ok" });
    await process.close();

    const subjects = await folder.rows("SELECT subject, type FROM events WHERE subject <> 'journal' ORDER BY seq");
    expect(subjects.map(({ subject }) => subject)).toEqual(["payment-1", "payment-4"]);
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
    const itself = await folder.rows("SELECT type FROM events WHERE subject = 'journal' ORDER BY seq");
    expect(itself.map(({ type }) => type)).toEqual(["daemonStarted", "writingAgain"]);
  });

  test("lets the daemon run from the start, and write as soon as there is room", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    const process = await child(folder, [...withoutSignal, "prlimit", "--fsize=4096:"]);
    expect(await health(process)).toMatchObject({ state: "failed" });
    const [events] = await process.ask({ events: "payment-1" });
    expect(events).toMatchObject({ events: [{ type: "started" }] });
    limitFiles(process, "unlimited");
    await process.ask({ append: ["payment-2"] });
    expect(process.acked).toEqual(["payment-2"]);
    await process.close();
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
  });

  test("still shows what a killed daemon has left in the log, however often it is asked, and takes over when there is room", async () => {
    const folder = await JournalFolder.make();
    const killed = await child(folder);
    await killed.ask({ append: ["payment-1", "payment-2"] });
    await killed.kill();
    const process = await child(folder, [...withoutSignal, "prlimit", "--fsize=4096:"]);
    expect(await health(process)).toMatchObject({ state: "failed" });
    for (const id of ["payment-1", "payment-2", "payment-1"]) {
      const [found] = await process.ask({ events: id });
      expect(found).toMatchObject({ events: [{ type: "started" }] });
    }
    limitFiles(process, "unlimited");
    await process.ask({ append: ["payment-3"] });
    expect(process.acked).toEqual(["payment-3"]);
    await process.close();
    const subjects = await folder.rows("SELECT subject FROM events WHERE subject <> 'journal' ORDER BY seq");
    expect(subjects.map(({ subject }) => subject)).toEqual(["payment-1", "payment-2", "payment-3"]);
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
  });
});

describe("a sync that fails", () => {
  /** The kernel reports a failed sync once and calls the pages clean: trying the same sync again would succeed and mean nothing. */
  test("is not tried again: the file is opened anew, and only what was acknowledged counts", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-0");
    const inject = ["-P", `${folder.database}-wal`, "-e", "inject=fsync,fdatasync:error=EIO:when=4..5"];
    // One thread, because strace counts for each thread apart.
    const strace = ["strace", "-D", "-f", "-q", "-o", folder.path("trace"), ...inject, "env", "UV_THREADPOOL_SIZE=1"];
    const process = await child(folder, strace);
    const ids = ["payment-1", "payment-2", "payment-3", "payment-4", "payment-5"];
    for (const id of ids) await process.ask({ append: [id] });
    const failed = process.answers.flatMap((answer) => ("failed" in answer ? [answer["failed"]] : []));
    expect(failed.length).toBeGreaterThan(0);
    expect(process.acked).toEqual(ids.filter((id) => !failed.includes(id)));
    expect(process.acked).toContain("payment-5");
    await process.close();

    const subjects = await folder.rows("SELECT subject FROM events WHERE subject <> 'journal' ORDER BY seq");
    expect(subjects.map(({ subject }) => subject)).toEqual(["payment-0", ...process.acked]);
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
  });
});

test("rows of a refused commit that turned up are taken out with all by which they are found, and nothing else is", async () => {
  const folder = await JournalFolder.make();
  await folder.write("payment-1");
  const refund = { refundId: "refund-1", amount: { currency: "DKK" as const, value: 100 }, key: "k", body: "{}" };
  const journal = await folder.open();
  await journal.payments.append("payment-1", [{ type: "adopted" }], rowOf("payment-1", { state: "completed" }));
  await journal.payments.append(
    "payment-1",
    [{ type: "refundStarted", refund }],
    rowOf("payment-1", { state: "completed", refundIds: ["refund-1"] }),
  );
  const [kept] = await folder.rows("SELECT seq, lower(hex(hash)) AS hash FROM events ORDER BY seq DESC LIMIT 1");
  const other = { ...refund, refundId: "refund-2" };
  await journal.payments.append(
    "payment-1",
    [{ type: "refundStarted", refund: other }],
    rowOf("payment-1", { state: "completed", refundIds: ["refund-2"] }),
  );
  await journal.payments.append("payment-2", [started("payment-2")], rowOf("payment-2"));
  await journal.close();
  const { connection } = await openForWriting(journalPaths(folder.dataDir));
  await takeBack(connection, { seq: Number(kept?.["seq"]), hash: String(kept?.["hash"]) });
  await connection.close();
  const again = await folder.open();
  expect(await again.payments.find({ refundId: "refund-1" })).toBe("payment-1");
  expect(await again.payments.find({ refundId: "refund-2" })).toBeUndefined();
  expect((await again.payments.list({ limit: 9 })).paymentIds).toEqual(["payment-1"]);
  await again.payments.append("payment-2", [started("payment-2")], rowOf("payment-2"));
  await again.close();
  expect((await folder.command("verify")).lines.join()).not.toMatch(/edited|deleted|inserted/);
});

describe("a journal that may not be written", () => {
  test("is read, and every write fails", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    for (const path of [folder.database, folder.path("journal"), folder.path("daemon.lock"), folder.dataDir]) {
      await chmod(path, path === folder.database || path.endsWith(".lock") ? 0o400 : 0o500);
    }
    onTestFinished(() => chmod(folder.dataDir, 0o700));
    onTestFinished(() => chmod(folder.path("journal"), 0o700));
    // The tests may run as root, whom permissions do not stop: so the daemon is a root without that right. Not another user, who may not
    // be able to come to the checkout.
    const daemon = await child(folder, process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override"] : []);
    const answers = await daemon.ask({ append: ["payment-2"] });
    expect(answers[0]).toMatchObject({ failed: "payment-2", error: { code: "JOURNAL_FAILED" } });
    expect(await health(daemon)).toMatchObject({
      state: "failed",
      detail: expect.stringMatching(/read-only|opened|write/),
    });
  });
});

describe("a file that is not a journal", () => {
  test("is put aside untouched, and a new journal continues and names it", async () => {
    const folder = await JournalFolder.make();
    const garbage = Buffer.from("not a database, but somebody may still need it ".repeat(400));
    await mkdir(folder.path("journal"));
    await writeFile(folder.database, garbage);
    const journal = await folder.open();
    await journal.payments.append("payment-1", [started("payment-1")], rowOf("payment-1"));
    expect(journal.health()).toMatchObject({ state: "ok", detail: expect.stringContaining("put aside") });
    await journal.close();

    const aside = (await readdir(folder.dataDir)).find((name) => name.startsWith("journal-damaged-")) ?? "";
    expect(await readFile(folder.path(`${aside}/journal.db`))).toEqual(garbage);
    const [row] = await folder.rows("SELECT body FROM events WHERE type = 'continued'");
    expect(JSON.parse(String(row?.["body"]))).toMatchObject({ from: aside });
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
  });

  test("may be another program's database: it is put aside as well", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    await folder.tamper("DROP TABLE refunds", "PRAGMA application_id = 7");
    const journal = await folder.open();
    expect(journal.health().detail).toContain("put aside");
    await journal.close();
  });
});

describe("a journal of a newer version", () => {
  test("is refused with clear words and stays as it is", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    await folder.tamper("PRAGMA user_version = 99");
    const before = await readFile(folder.database);
    await expect(folder.open()).rejects.toThrow("written by a newer Tillbridge");
    expect(await readFile(folder.database)).toEqual(before);
    expect((await folder.command("list")).lines.join()).toContain("newer Tillbridge");
  });
});

describe("a journal whose end was changed", () => {
  test("is kept as a copy, goes on, and says so once", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1", "payment-2");
    await folder.tamper("UPDATE events SET body = replace(body, '4990', '1') WHERE subject = 'payment-2'");
    const [bad] = await folder.rows("SELECT seq FROM events WHERE subject = 'payment-2'");
    const journal = await folder.open();
    expect(journal.health()).toMatchObject({
      state: "ok",
      detail: expect.stringContaining(`row ${String(bad?.["seq"])}`),
    });
    expect(await journal.payments.open()).toEqual(["payment-1", "payment-2"]);
    await journal.close();

    const again = await folder.open();
    expect(again.health()).toEqual({ state: "ok" });
    await again.close();
    expect((await readdir(folder.dataDir)).filter((name) => name.startsWith("journal-damaged-"))).toHaveLength(1);
    expect((await folder.command("verify")).lines).toContain(`Row ${String(bad?.["seq"])} was edited.`);
  });
});

describe("a journal that was replaced by an earlier copy of itself", () => {
  test("goes on with numbers that were never used, and says so", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    execFileSync("cp", ["-a", folder.path("journal"), folder.path("yesterday")]);
    const journal = await folder.open();
    const used = journal.nextSeq();
    await journal.till.append({ type: "removed" });
    await journal.close();
    await rename(folder.path("journal"), folder.path("today"));
    await rename(folder.path("yesterday"), folder.path("journal"));

    const restored = await folder.open();
    expect(restored.health().detail).toContain("earlier copy");
    expect(restored.nextSeq()).toBeGreaterThan(used + 1);
    await restored.close();
    expect((await folder.command("verify")).lines.join()).toContain("rolledBack");
  });
});

describe("a journal that changes under the running daemon", () => {
  test("is not written to any more, and says that a restart is needed", async () => {
    const folder = await JournalFolder.make();
    const journal = await folder.open();
    await journal.payments.append("payment-1", [started("payment-1")], rowOf("payment-1"));
    await folder.tamper("DELETE FROM events WHERE subject = 'payment-1'");
    const append = () => journal.payments.append("payment-2", [started("payment-2")], rowOf("payment-2"));
    await expect(append()).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    await expect(append()).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    expect(journal.health()).toMatchObject({ state: "failed", detail: expect.stringContaining("restart") });
    await journal.close();
  });
});
