import type { OpenFile } from "../rows/open-for-writing.ts";
import type { Replaced } from "./replace.ts";

/** What is wrong with the journal as it was found: a fact to be journaled, and words for a person. */
export interface JournalFinding {
  readonly fact: { readonly type: string } & Readonly<Record<string, unknown>>;
  readonly notice: string;
}

/** Where the open file comes from: as it was found, or in place of one that was put aside, or found with a broken end. */
export type JournalOrigin =
  | { readonly kind: "found" }
  | ({ readonly kind: "replaced" } & Replaced)
  | { readonly kind: "givenBack"; readonly aside: string | undefined }
  | { readonly kind: "broken"; readonly row: number; readonly copy: string };

export async function findings(file: OpenFile, origin: JournalOrigin): Promise<readonly JournalFinding[]> {
  if (origin.kind === "replaced") return [replaced(file, origin)];
  return [...foundAt(origin), ...(await againstAnchor(file))];
}

function foundAt(origin: JournalOrigin): readonly JournalFinding[] {
  if (origin.kind === "broken") return [broken(origin.row, origin.copy)];
  return origin.kind === "givenBack" ? [givenBack(origin.aside)] : [];
}

function givenBack(aside: string | undefined): JournalFinding {
  const kept = aside === undefined ? "" : `; what was left of it is kept in ${aside}`;
  return {
    fact: { type: "givenBack", ...(aside !== undefined && { aside }) },
    notice: `the journal was not all there and was taken from the second journal${kept}`,
  };
}

function replaced({ anchor }: OpenFile, { from, salvaged }: Replaced): JournalFinding {
  const known = anchor && { lastSeq: anchor.seq, lastHash: anchor.hash };
  return {
    fact: { type: "continued", from, ...known, ...salvaged },
    notice: `the journal file was damaged and was put aside in ${from}; a new one holds the ${salvaged.payments} payments that could be read`,
  };
}

function broken(row: number, copy: string): JournalFinding {
  return {
    fact: { type: "chainBroken", row, copy },
    notice: `row ${row} of the journal does not fit the row before it; a copy as it was found is kept in ${copy}`,
  };
}

async function againstAnchor({ anchor, tail, connection }: OpenFile): Promise<readonly JournalFinding[]> {
  if (anchor === undefined) return [];
  const fact = { anchoredSeq: anchor.seq, anchoredHash: anchor.hash, lastSeq: tail.seq };
  if (anchor.seq > tail.seq) {
    return [
      {
        fact: { type: "rolledBack", ...fact },
        notice: "the journal is older than it was: its file was replaced by an earlier copy",
      },
    ];
  }
  const [row] = await connection.all("SELECT lower(hex(hash)) AS hash FROM events WHERE seq = ?", anchor.seq);
  if (row?.["hash"] !== anchor.hash) {
    return [
      {
        fact: { type: "rewritten", ...fact },
        notice: "the journal is not the one that was last written here: its rows were changed",
      },
    ];
  }
  if (anchor.clean && anchor.seq < tail.seq) {
    return [
      {
        fact: { type: "grewWhileClosed", ...fact },
        notice: "rows were added to the journal while no daemon was running",
      },
    ];
  }
  return [];
}
