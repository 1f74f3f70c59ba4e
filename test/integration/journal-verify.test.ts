import { execFileSync } from "node:child_process";
import { rename, rm, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { chainHash } from "../../daemon/journal/rows/chain.ts";
import { JournalFolder } from "../support/journal-folder.ts";
import { rowOf, started } from "../support/orders.ts";

/** Three lives of the daemon, of which the rows of payment-3 and payment-4 are in the middle. */
async function written(): Promise<JournalFolder> {
  const folder = await JournalFolder.make();
  await folder.write("payment-1", "payment-2");
  await folder.write("payment-3", "payment-4");
  await folder.write("payment-5");
  return folder;
}

async function seqOf(folder: JournalFolder, subject: string): Promise<number> {
  const [row] = await folder.rows(`SELECT seq FROM events WHERE subject = '${subject}'`);
  return Number(row?.["seq"]);
}

async function hashOf(folder: JournalFolder, seq: number): Promise<string> {
  const [row] = await folder.rows(`SELECT lower(hex(hash)) AS hash FROM events WHERE seq = ${seq}`);
  return String(row?.["hash"]);
}

function badRows(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith("Row "));
}

describe("journal verify", () => {
  test("finds nothing wrong with what the daemon wrote", async () => {
    const folder = await written();
    expect(await folder.command("verify")).toEqual({ code: 0, lines: ["8 rows, nothing wrong."] });
  });

  test("works while the daemon runs", async () => {
    const folder = await written();
    const journal = await folder.open();
    await journal.payments.append("payment-6", [started("payment-6")], rowOf("payment-6"));
    expect(await folder.command("verify")).toEqual({ code: 0, lines: ["10 rows, nothing wrong."] });
    await journal.close();
  });

  test("says so when there is no journal", async () => {
    const folder = await JournalFolder.make();
    expect(await folder.command("verify")).toEqual({ code: 1, lines: ["There is no journal here yet."] });
  });

  const edits = [
    ["amount", "body = replace(body, '4990', '4991')"],
    ["time", "at = at + 1"],
    ["payment", "subject = 'payment-9'"],
    ["kind", "type = 'captured'"],
    ["hash", "hash = zeroblob(32)"],
    ["link to the row before", "previous = previous - 1"],
    ["link to the row before, forward", "previous = previous + 1"],
  ];
  test.each(edits)("names the one row whose %s was edited", async (_what, change) => {
    const folder = await written();
    const seq = await seqOf(folder, "payment-3");
    await folder.tamper(`UPDATE events SET ${change} WHERE seq = ${seq}`);
    const { code, lines } = await folder.command("verify");
    expect([code, badRows(lines)]).toEqual([1, [`Row ${seq} was edited.`]]);
  });

  test("names the row that was deleted", async () => {
    const folder = await written();
    const seq = await seqOf(folder, "payment-3");
    await folder.tamper(`DELETE FROM events WHERE seq = ${seq}`);
    expect(badRows((await folder.command("verify")).lines)).toEqual([`Row ${seq} was deleted.`]);
  });

  test("notices that the beginning was deleted", async () => {
    const folder = await written();
    const seq = await seqOf(folder, "payment-1");
    await folder.tamper(`DELETE FROM events WHERE seq <= ${seq}`);
    expect((await folder.command("verify")).lines[0]).toBe(`Row ${seq} was deleted.`);
  });

  test("names a row that was put before the first", async () => {
    const folder = await written();
    await folder.tamper("INSERT INTO events VALUES(-7, -8, 1, 'payment-9', 'started', '{}', zeroblob(32))");
    const { code, lines } = await folder.command("verify");
    expect([code, lines[0]]).toEqual([1, "Row -7 was inserted."]);
  });

  test("names a row that was inserted, also when whoever did it knows how to hash", async () => {
    const folder = await written();
    const before = await seqOf(folder, "payment-4");
    const forged = { previous: before, seq: before + 1, at: 1, subject: "payment-9", type: "started", body: "{}" };
    const hash = chainHash(await hashOf(folder, before), forged);
    await folder.tamper(
      `INSERT INTO events VALUES(${before + 1}, ${before}, 1, 'payment-9', 'started', '{}', x'${hash}')`,
    );
    expect((await folder.command("verify")).lines[0]).toBe(`Row ${before + 1} was inserted.`);
  });

  test("names a row that was inserted without a fitting hash as inserted, not as edited", async () => {
    const folder = await written();
    const before = await seqOf(folder, "payment-4");
    await folder.tamper(
      `INSERT INTO events VALUES(${before + 1}, ${before}, 1, 'payment-9', 'started', '{}', zeroblob(32))`,
    );
    const { lines } = await folder.command("verify");
    expect(badRows(lines)).toEqual([`Row ${before + 1} was inserted.`]);
  });

  test("names two rows whose contents were swapped", async () => {
    const folder = await written();
    const rows = await folder.rows("SELECT * FROM events WHERE subject IN ('payment-3', 'payment-4') ORDER BY seq");
    const seqs = rows.map(({ seq }) => String(seq));
    const swapped = rows
      .toReversed()
      .map(
        ({ subject, body }, index) =>
          `UPDATE events SET subject = '${subject}', body = '${body}' WHERE seq = ${seqs[index]}`,
      );
    await folder.tamper(...swapped);
    expect((await folder.command("verify")).lines.slice(0, 2)).toEqual(seqs.map((seq) => `Row ${seq} was edited.`));
  });

  test("names every bad row, not only the first", async () => {
    const folder = await written();
    const [edited, deleted] = [await seqOf(folder, "payment-1"), await seqOf(folder, "payment-4")];
    await folder.tamper(`UPDATE events SET at = 0 WHERE seq = ${edited}`, `DELETE FROM events WHERE seq = ${deleted}`);
    expect((await folder.command("verify")).lines.slice(0, 2)).toEqual([
      `Row ${edited} was edited.`,
      `Row ${deleted} was deleted.`,
    ]);
  });

  test("notices that the newest rows were cut off", async () => {
    const folder = await written();
    const seq = await seqOf(folder, "payment-5");
    await folder.tamper(`DELETE FROM events WHERE seq = ${seq}`);
    const { code, lines } = await folder.command("verify");
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/went on before: rows were cut off or the file was replaced by an earlier copy/);
  });

  test("notices that the file is yesterday's", async () => {
    const folder = await written();
    execFileSync("cp", ["-a", folder.path("journal"), folder.path("yesterday")]);
    await folder.write("payment-6");
    await rm(folder.path("journal"), { recursive: true });
    await rename(folder.path("yesterday"), folder.path("journal"));
    expect((await folder.command("verify")).lines[0]).toMatch(/earlier copy/);
  });

  test("notices that the whole chain was made anew", async () => {
    const folder = await written();
    let previous = { seq: 0, hash: "0".repeat(64) };
    for (const row of await folder.rows("SELECT * FROM events ORDER BY seq")) {
      const { seq, at, subject, type } = row as { seq: number; at: number; subject: string; type: string };
      const body = String(row["body"]).replace("4990", "1");
      const hash = chainHash(previous.hash, { previous: previous.seq, seq, at, subject, type, body });
      await folder.tamper(`UPDATE events SET body = '${body}', hash = x'${hash}' WHERE seq = ${seq}`);
      previous = { seq, hash };
    }
    expect((await folder.command("verify")).lines[0]).toMatch(/chain was made anew/);
  });

  test("notices rows that were added behind the end while no daemon ran", async () => {
    const folder = await written();
    const last = await seqOf(folder, "payment-5");
    const forged = { previous: last, seq: last + 1, at: 1, subject: "payment-9", type: "started", body: "{}" };
    const hash = chainHash(await hashOf(folder, last), forged);
    await folder.tamper(`INSERT INTO events VALUES(${last + 1}, ${last}, 1, 'payment-9', 'started', '{}', x'${hash}')`);
    expect((await folder.command("verify")).lines[0]).toMatch(/added while no daemon was running/);
  });

  test("goes by the chain alone when the anchor is lost", async () => {
    const folder = await written();
    await writeFile(folder.path("journal.anchor"), "half an anch");
    expect(await folder.command("verify")).toMatchObject({ code: 0 });
  });

  test("checks a journal that was put aside, by its folder's name", async () => {
    const folder = await written();
    await rename(folder.path("journal"), folder.path("journal-damaged-1"));
    expect(await folder.command("verify", "journal-damaged-1")).toMatchObject({ code: 0 });
  });

  test.each([
    ["its row says that nothing is left to do", "UPDATE payments SET open = 0 WHERE payment_id = 'payment-3'"],
    ["its row names another receipt", "UPDATE payments SET receipt_number = 'R-9' WHERE payment_id = 'payment-3'"],
    ["its row is gone", "DELETE FROM payments WHERE payment_id = 'payment-3'"],
  ])("names a payment that would be overlooked because %s", async (_why, change) => {
    const folder = await written();
    await folder.tamper(change);
    const { code, lines } = await folder.command("verify");
    expect([code, lines[0]]).toEqual([1, expect.stringMatching(/^Payment payment-3 is not found as what it is/)]);
  });

  test("says that a file cannot be read rather than that it is whole", async () => {
    const folder = await written();
    await writeFile(folder.database, "garbage ".repeat(2000));
    const { code, lines } = await folder.command("verify");
    expect([code, lines[0]]).toEqual([1, expect.stringContaining("damaged")]);
  });
});
