import { expect, test } from "vitest";
import { listSql, queries } from "../../daemon/journal/stores/payment-store.ts";
import type { PaymentQuery } from "../../daemon/payments/ports/store.ts";
import { JournalFolder } from "../support/journal-folder.ts";

/** How the database answers, in its own words: one line for each step. */
async function plan(sql: string): Promise<string[]> {
  const folder = await JournalFolder.make();
  await folder.write("payment-1");
  const rows = await folder.rows(`EXPLAIN QUERY PLAN ${sql.replaceAll("?", "1")}`);
  return rows.map(({ detail }) => String(detail));
}

// SEARCH looks up an index; SCAN reads a whole table; a B-TREE sorts all that was found. The open payments are an index of
// their own that holds nothing else. Without a filter the list reads from the newest payment on until it has enough.

test.each(Object.entries(queries))(
  "the query %s of a sale does not grow with the number of old payments",
  async (_name, sql) => {
    const steps = await plan(sql);
    expect(steps.filter((step) => !step.startsWith("SEARCH"))).toEqual([]);
  },
);

const lists: [string, Partial<PaymentQuery>, RegExp][] = [
  ["nothing", {}, /^SCAN payments$/],
  ["a cursor", { cursor: "9" }, /^SEARCH payments USING INTEGER PRIMARY KEY \(rowid<\?\)$/],
  ["a sale", { saleId: "x" }, /^SEARCH payments USING INDEX payments_by_sale/],
  // What every start of a payment asks: by state it would read all payments there ever were.
  ["a sale and a state", { saleId: "x", state: "completed" }, /^SEARCH payments USING INDEX payments_by_sale/],
  [
    "a receipt number and a state",
    { receiptNumber: "x", state: "completed" },
    /^SEARCH payments USING INDEX payments_by_receipt/,
  ],
  ["a receipt number", { receiptNumber: "x" }, /^SEARCH payments USING INDEX payments_by_receipt/],
  ["a state", { state: "paid" }, /^SEARCH payments USING INDEX payments_by_state/],
  [
    "a sale and a cursor",
    { saleId: "x", cursor: "9" },
    /^SEARCH payments USING INDEX payments_by_sale \(sale_id=\? AND rowid<\?\)/,
  ],
];
test.each(lists)("the list by %s reads only what it shows", async (_what, query, expected) => {
  const steps = await plan(listSql({ limit: 50, ...query }));
  expect(steps).toEqual([expect.stringMatching(expected)]);
});

test("the list by time reads only the span that it is asked for", async () => {
  const steps = await plan(listSql({ limit: 50, from: 1, to: 2 }));
  expect(steps.join("\n")).toMatch(
    /SEARCH payments USING COVERING INDEX payments_by_start \(started_at>\? AND started_at<\?\)/,
  );
  expect(steps.filter((step) => step.startsWith("SCAN"))).toEqual([]);
});

test("writing looks nothing up in a table that grows", async () => {
  const steps = await plan("SELECT coalesce(max(seq), 0) FROM events");
  expect(steps).toEqual(["SEARCH events"]);
});
