import { describe, expect, test } from "vitest";
import { type Bindable, type SqliteConnection, connect } from "../../daemon/journal/sqlite/connection.ts";
import { JournalFolder } from "../support/journal-folder.ts";

// The traps of the database's driver, each of which would change money without a word.

async function using<Value>(
  use: (connection: SqliteConnection, folder: JournalFolder) => Promise<Value>,
): Promise<Value> {
  const folder = await JournalFolder.make();
  await folder.write("payment-1");
  const connection = await connect(folder.database, "write");
  try {
    return await use(connection, folder);
  } finally {
    await connection.close();
  }
}

describe("a number that the database would not keep as it is", () => {
  test.each<[string, unknown]>([
    ["a BigInt, which would become NULL", 4990n],
    ["one beyond 2^53, which would be rounded", 2 ** 53],
    ["a fraction", 49.9],
    ["not a number", Number.NaN],
  ])("is never bound: %s", async (_what, value) => {
    await using(async (connection) => {
      const insert = "INSERT INTO refunds VALUES(?, ?)";
      // What TypeScript forbids may still come, from a value that was parsed.
      await expect(connection.run(insert, "refund-1", value as Bindable)).rejects.toThrow("assertion failed");
      expect(await connection.all("SELECT * FROM refunds")).toEqual([]);
    });
  });

  test("is never read: a number beyond 2^53 would come back as another", async () => {
    await using(async (connection) => {
      await connection.script("UPDATE events SET at = 9007199254740993");
      await expect(connection.all("SELECT at FROM events")).rejects.toThrow("assertion failed");
    });
  });
});

describe("the journal's tables", () => {
  test("are strict, all of them", async () => {
    await using(async (connection) => {
      const tables = await connection.all(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name",
      );
      const ours = tables.filter(({ name }) => !String(name).startsWith("sqlite_"));
      expect(ours).toEqual(["events", "payments", "refunds"].map((name) => ({ name, strict: 1 })));
    });
  });

  test.each([
    "UPDATE events SET at = 'noon'",
    "UPDATE events SET seq = 1.5",
    "UPDATE payments SET started_at = NULL",
    "UPDATE payments SET open = 'yes'",
  ])("take nothing of another type: %s", async (sql) => {
    await using(async (connection) => {
      await expect(connection.run(sql)).rejects.toMatchObject({ code: expect.stringMatching(/^SQLITE_/) });
    });
  });
});

describe("statements that are under way at once", () => {
  test("take place in the order of the calls", async () => {
    await using(async (connection) => {
      const ids = Array.from({ length: 300 }, (_, index) => `refund-${index}`);
      const insert = (id: string) => connection.run("INSERT INTO refunds VALUES(?, 'payment-1')", id);
      // Another text each time: one prepared statement would keep the order by itself.
      const insertOdd = (id: string) =>
        connection.run("INSERT INTO refunds(refund_id, payment_id) VALUES(?, 'payment-1')", id);
      await connection.script(
        "CREATE TABLE log(id TEXT); CREATE TRIGGER t AFTER INSERT ON refunds BEGIN INSERT INTO log VALUES(NEW.refund_id); END",
      );
      await Promise.all(ids.map((id, index) => (index % 2 === 0 ? insert(id) : insertOdd(id))));
      const rows = await connection.all("SELECT id FROM log ORDER BY rowid");
      expect(rows.map(({ id }) => id)).toEqual(ids);
    });
  });

  test("fail alone: one that is refused takes none with it", async () => {
    await using(async (connection) => {
      const failing = connection.run("INSERT INTO refunds VALUES('refund-1', NULL)");
      const fine = connection.run("INSERT INTO refunds VALUES('refund-2', 'payment-1')");
      await expect(failing).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT" });
      await fine;
      expect(await connection.all("SELECT refund_id FROM refunds")).toEqual([{ refund_id: "refund-2" }]);
    });
  });
});
