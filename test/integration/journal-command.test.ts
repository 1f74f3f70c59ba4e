import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { connect } from "../../daemon/journal/sqlite/connection.ts";
import { JournalFolder } from "../support/journal-folder.ts";
import { rowOf, started } from "../support/orders.ts";

const phoneNumber = "4512345678";
const customerToken = "canary-token-abcdefghijklmnopqrstuvwxyz";

/** A payment by phone number and one by the customer's code, with what was sent about them. */
async function written(): Promise<JournalFolder> {
  const folder = await JournalFolder.make();
  const journal = await folder.open();
  const byPhone = {
    type: "requested" as const,
    key: "key-1",
    body: JSON.stringify({ customer: { phoneNumber }, note: 'a "quoted", text' }),
  };
  await journal.payments.append(
    "payment-1",
    [started("payment-1", { customer: { by: "phone", phoneNumber } }), byPhone],
    rowOf("payment-1"),
  );
  folder.now += 60_000;
  const byToken = {
    type: "requested" as const,
    key: "key-2",
    body: JSON.stringify({ customer: { customerToken }, customerInteraction: "CUSTOMER_PRESENT" }),
  };
  const receiptMade = { type: "receiptMade" as const, receiptNumber: "R-7" };
  await journal.payments.append(
    "payment-2",
    [started("payment-2", { customer: { by: "customerQr", content: customerToken } }), byToken, receiptMade],
    rowOf("payment-2", { receiptNumber: "R-7", refundIds: ["refund-1"] }),
  );
  await journal.close();
  return folder;
}

describe("journal list", () => {
  test("shows the newest payments first", async () => {
    const { code, lines } = await (await written()).command("list");
    expect(code).toBe(0);
    expect(lines.map((line) => line.split("\t")[1])).toEqual(["paymentId", "payment-2", "payment-1"]);
    expect(lines[1]).toBe(
      "2026-11-23T12:01:00.000Z\tpayment-2\tsale-payment-2\treference-payment-2\t4990\tDKK\treceiptMade\tR-7",
    );
  });

  test("shows no more than it is asked for", async () => {
    expect((await (await written()).command("list", "--limit", "1")).lines).toHaveLength(2);
  });
});

describe("journal show", () => {
  test.each(["payment-2", "reference-payment-2", "R-7", "refund-1"])("finds a payment by %s", async (text) => {
    const { code, lines } = await (await written()).command("show", text);
    expect([code, lines[0], lines.length]).toEqual([0, "Payment payment-2", 4]);
  });

  test("shows all payments that have a receipt number, when the POS used it twice", async () => {
    const folder = await written();
    const journal = await folder.open();
    const receiptMade = { type: "receiptMade" as const, receiptNumber: "R-7" };
    const row = rowOf("payment-3", { receiptNumber: "R-7" });
    await journal.payments.append("payment-3", [started("payment-3"), receiptMade], row);
    await journal.close();
    const { code, lines } = await folder.command("show", "R-7");
    expect(code).toBe(0);
    expect(lines.filter((line) => !line.includes("\t"))).toEqual([
      "2 payments have the number R-7, the newest first.",
      "Payment payment-3",
      "Payment payment-2",
    ]);
  });

  test("says so when there is none", async () => {
    const { code, lines } = await (await written()).command("show", "payment-9");
    expect([code, lines]).toEqual([1, ["There is no payment with the number payment-9 in this journal."]]);
  });
});

describe("journal export", () => {
  test("gives every row with the hashes of the chain, as JSON", async () => {
    const folder = await written();
    const rows = JSON.parse((await folder.command("export")).lines.join("\n")) as Record<string, unknown>[];
    expect(rows.map(({ type }) => type)).toEqual([
      "daemonStarted",
      "started",
      "requested",
      "started",
      "requested",
      "receiptMade",
    ]);
    const stored = await folder.rows("SELECT seq, previous, lower(hex(hash)) AS hash FROM events ORDER BY seq");
    expect(rows.map(({ seq, previous, hash }) => ({ seq, previous, hash }))).toEqual(stored);
    expect(rows[1]).toMatchObject({
      at: "2026-11-23T12:00:00.000Z",
      subject: "payment-1",
      body: { order: { amount: { value: 4990 } } },
    });
  });

  test("gives the same as CSV that a spreadsheet reads", async () => {
    const { lines } = await (await written()).command("export", "--format", "csv");
    expect(lines[0]).toBe("seq,previous,at,subject,type,body,hash");
    expect(lines).toHaveLength(7);
    expect(lines[1]).toMatch(
      /^1000000000,0,2026-11-23T12:00:00.000Z,journal,daemonStarted,"\{""version"":""1.0.0""\}",[0-9a-f]{64}$/,
    );
    expect(lines[3]).toContain('a \\""quoted\\"", text');
  });

  test("can be narrowed to a span of time", async () => {
    const span = ["--from", "2026-11-23T12:00:30Z", "--to", "2026-11-24"];
    const rows = JSON.parse((await (await written()).command("export", ...span)).lines.join("")) as {
      subject: string;
    }[];
    expect(new Set(rows.map(({ subject }) => subject))).toEqual(new Set(["payment-2"]));
  });

  test("of an empty span is an empty list", async () => {
    expect((await (await written()).command("export", "--from", "2030-01-01")).lines).toEqual(["[]"]);
  });
});

describe("nothing that the journal's commands print", () => {
  test.each([["list"], ["show", "payment-1"], ["show", "payment-2"], ["export"], ["export", "--format", "csv"]])(
    "shows a customer's number or code: %s %s",
    async (...argv) => {
      const { lines } = await (await written()).command(...argv.filter((word) => word !== undefined));
      expect(lines.join("\n")).not.toContain(phoneNumber);
      expect(lines.join("\n")).not.toContain(customerToken);
    },
  );

  test("shows the last two digits of a phone number, by which a payment is told from the next", async () => {
    expect((await (await written()).command("show", "payment-1")).lines.join()).toContain('"phoneNumber":"…78"');
  });
});

describe("journal backup", () => {
  test("copies everything while the daemon runs, and the copy's chain is whole", async () => {
    const folder = await written();
    const journal = await folder.open();
    const copy = folder.path("copy.db");
    expect(await folder.command("backup", copy)).toEqual({ code: 0, lines: [`Copied to ${copy}.`] });
    await journal.close();
    const connection = await connect(copy, "read");
    const [integrity] = await connection.all("PRAGMA integrity_check");
    const [count] = await connection.all("SELECT count(*) AS count FROM events");
    await connection.close();
    expect([integrity, count]).toEqual([{ integrity_check: "ok" }, { count: 7 }]);
  });

  test("never writes over a file", async () => {
    const folder = await written();
    await writeFile(folder.path("copy.db"), "precious");
    const { code, lines } = await folder.command("backup", folder.path("copy.db"));
    expect([code, lines[0]]).toEqual([1, expect.stringContaining("exists already")]);
  });
});

describe("the journal's commands", () => {
  test.each([
    [[]],
    [["burn"]],
    [["list", "--limit", "many"]],
    [["export", "--format", "xml"]],
    [["export", "--from", "yesterday"]],
    [["show"]],
    [["show", "a", "b"]],
    [["backup"]],
    [["verify", "--fast"]],
  ])("explain themselves when called as %j", async (argv) => {
    const { code, lines } = await (await JournalFolder.make()).command(...argv);
    expect([code, lines[0]]).toEqual([2, expect.stringContaining("tillbridge journal list")]);
  });
});

describe("journal unexported", () => {
  test("counts what was never exported, and nothing after an export of everything", async () => {
    const folder = await written();
    expect(await folder.command("unexported")).toEqual({ code: 3, lines: ["2 payments were never exported"] });
    folder.now += 60_000;
    await folder.command("export");
    expect((await folder.command("unexported")).code).toBe(0);
  });

  test("an export of some days is not one of everything", async () => {
    const folder = await written();
    folder.now += 60_000;
    await folder.command("export", "--from", "2026-11-01T00:00:00Z");
    expect((await folder.command("unexported")).code).toBe(3);
  });

  test("a payment to which something happens after the export counts again", async () => {
    const folder = await written();
    folder.now += 60_000;
    await folder.command("export");
    folder.now += 60_000;
    const journal = await folder.open();
    await journal.payments.append("payment-1", [{ type: "authorized" }], rowOf("payment-1"));
    await journal.close();
    expect(await folder.command("unexported")).toEqual({ code: 3, lines: ["1 payment was never exported"] });
  });

  test("an export while the clock was wrong proves nothing", async () => {
    const folder = await written();
    folder.now += 1e12;
    await folder.command("export");
    folder.now -= 1e12;
    expect((await folder.command("unexported")).code).toBe(3);
  });
});
