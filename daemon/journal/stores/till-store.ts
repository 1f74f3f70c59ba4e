import type { TillEvent, TillStore } from "../../pairing/till-store.ts";
import type { Reader } from "../live/reader.ts";
import type { Writer } from "../live/writer.ts";
import { entryOf, tillSubject } from "../rows/chain.ts";
import { readable } from "../rows/rows.ts";
import { textOf } from "../sqlite/connection.ts";

/** What happened to the till itself, in the same chain as its payments. */
export function journalTillStore(writer: Writer, reader: Reader): TillStore {
  return {
    async append(event) {
      await writer.append({ entries: [entryOf(tillSubject, event)] });
    },
    async events() {
      const rows = await reader.all("SELECT type, body FROM events WHERE subject = ? ORDER BY seq", tillSubject);
      // Written by `append` above from this very type.
      return readable(
        rows,
        (row) => ({ ...(JSON.parse(textOf(row, "body")) as object), type: textOf(row, "type") }) as TillEvent,
      );
    },
  };
}
