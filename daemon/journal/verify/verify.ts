import type { Anchor } from "../rows/anchor.ts";
import { otherSubjects } from "../rows/chain.ts";
import { rowBatches } from "../rows/rows.ts";
import type { SqliteConnection } from "../sqlite/connection.ts";
import { checkPages } from "../sqlite/integrity.ts";
import { ChainCheck, type ChainVerdict } from "./chain-check.ts";
import { IndexCheck } from "./index-check.ts";

export interface Verification extends ChainVerdict {
  /** Ids of the first payments that the index does not find as they are. */
  readonly indexMismatches: readonly string[];
}

/** A person looks at the first few; the others are not named. */
const indexMismatchesMax = 20;

/** Whether anything at all is wrong. */
export function isSound({ faults, indexMismatches }: Verification): boolean {
  return faults.length + indexMismatches.length === 0;
}

/** Checks the file's pages, the chain, and that every payment is found as it is. */
export async function verify(connection: SqliteConnection, anchor: Anchor | undefined): Promise<Verification> {
  const chain = new ChainCheck(anchor);
  const index = new IndexCheck(connection);
  await checkPages(connection);
  for await (const rows of rowBatches(connection))
    for (const row of rows) {
      chain.add(row);
      if (!otherSubjects.includes(row.subject)) index.add(row);
      if (index.isFull) await index.compare();
    }
  const indexMismatches = await index.mismatches(indexMismatchesMax);
  return { ...chain.verdict(), indexMismatches };
}
