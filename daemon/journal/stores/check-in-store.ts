import type { ArrivedCheckIn, CheckInStore } from "../../check-in/check-in-store.ts";
import type { Reader } from "../live/reader.ts";
import type { Writer } from "../live/writer.ts";
import { checkInSubject, entryOf, otherSubjects } from "../rows/chain.ts";
import { readable } from "../rows/rows.ts";
import { integerOf, textOf } from "../sqlite/connection.ts";

/** Customers' check-ins, in the same chain as the payments that they are used for. */
export function journalCheckInStore(writer: Writer, reader: Pick<Reader, "all">): CheckInStore {
  return {
    async append(arrived) {
      await writer.append({ entries: [entryOf(checkInSubject, { type: "arrived", ...arrived })] });
    },
    async recent(limit) {
      const rows = await reader.all(recentSql, JSON.stringify(otherSubjects), checkInSubject, limit);
      return readable(rows, (row) => ({
        // Written by `append` above from this very type.
        ...(JSON.parse(textOf(row, "body")) as ArrivedCheckIn),
        at: integerOf(row, "at"),
        idleSince: integerOf(row, "touched") === 0,
      })).toReversed();
    },
  };
}

/** Looks at what came after each only up to the first row of a payment. */
const recentSql = `
  SELECT body, at, EXISTS(
    SELECT 1 FROM events later WHERE later.seq > events.seq AND later.subject NOT IN (SELECT value FROM json_each(?))
  ) AS touched
  FROM events WHERE subject = ? ORDER BY seq DESC LIMIT ?`;
