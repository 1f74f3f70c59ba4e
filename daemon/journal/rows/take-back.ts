import { type SqliteConnection, textOf } from "../sqlite/connection.ts";
import { paymentColumns, upsertPayments } from "./batch.ts";
import { otherSubjects, type Tail } from "./chain.ts";
import { eventsOf, indexEntry } from "./payment-rows.ts";

const prepareTakeBack = `
  CREATE TEMP VIEW IF NOT EXISTS refused(seq, payment_ids, payments, refunds) AS SELECT NULL, NULL, NULL, NULL;
  CREATE TEMP TRIGGER IF NOT EXISTS take_back INSTEAD OF INSERT ON refused BEGIN
    DELETE FROM events WHERE seq > NEW.seq;
    DELETE FROM refunds WHERE payment_id IN (SELECT value FROM json_each(NEW.payment_ids));
    DELETE FROM payments WHERE payment_id IN (SELECT value FROM json_each(NEW.payment_ids))
      AND payment_id NOT IN (SELECT value->>0 FROM json_each(NEW.payments));
    ${upsertPayments}
    INSERT INTO refunds(refund_id, payment_id) SELECT value->>0, value->>1 FROM json_each(NEW.refunds);
  END;
`;

/**
 * Takes out what stands behind `tail`: rows of commits that were refused and turned up all the same. Nobody was told that they count.
 * One statement, so that it took place whole or not at all.
 */
export async function takeBack(connection: SqliteConnection, tail: Tail): Promise<void> {
  const paymentIds = await paymentsTouchedAfter(connection, tail);
  const events = await eventsOf(connection, paymentIds, tail.seq);
  const kept = paymentIds.map((id) => indexEntry(id, events.get(id))).filter((entry) => entry !== undefined);
  const refunds = kept.flatMap((entry) => entry.refundIds.map((refundId) => [refundId, entry.paymentId]));
  await connection.script(prepareTakeBack);
  await connection.run(
    "INSERT INTO refused VALUES(?, ?, ?, ?)",
    tail.seq,
    JSON.stringify(paymentIds),
    JSON.stringify(kept.map(paymentColumns)),
    JSON.stringify(refunds),
  );
}

async function paymentsTouchedAfter(connection: SqliteConnection, { seq }: Tail): Promise<readonly string[]> {
  const rows = await connection.all("SELECT DISTINCT subject FROM events WHERE seq > ?", seq);
  return rows.map((row) => textOf(row, "subject")).filter((subject) => !otherSubjects.includes(subject));
}
