import type { SweepStore, SweepReport } from "../../payments/ports/sweep-store.ts";
import type { Reader } from "../live/reader.ts";
import type { Writer } from "../live/writer.ts";
import { entryOf, sweepSubject } from "../rows/chain.ts";
import { readable } from "../rows/rows.ts";
import { integerOf, textOf } from "../sqlite/connection.ts";

/** What the sweeps found, in the same chain as the payments that they looked at. */
export function journalSweepStore(writer: Pick<Writer, "append">, reader: Pick<Reader, "all">): SweepStore {
  return {
    async append(swept) {
      await writer.append({ entries: [entryOf(sweepSubject, { type: "swept", ...swept })] });
    },
    async last(count) {
      const rows = await reader.all(lastSql, sweepSubject, count);
      // Written by `append` above from this very type.
      return readable(rows, (row) => ({
        ...(JSON.parse(textOf(row, "body")) as SweepReport),
        at: integerOf(row, "at"),
      }));
    },
  };
}

const lastSql = "SELECT body, at FROM events WHERE subject = ? ORDER BY seq DESC LIMIT ?";
