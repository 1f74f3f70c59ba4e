import type { Anchor } from "./anchor.ts";
import { otherSubjects } from "./chain.ts";
import { ChainCheck, type Verdict } from "./chain-check.ts";
import { checkPages } from "./damage.ts";
import { FilingCheck } from "./filing-check.ts";
import { stretchesIn } from "./rows.ts";
import type { Connection } from "./sqlite.ts";

export interface Verification extends Verdict {
  /** Ids of the first payments that the index does not find as they are. */
  readonly misfiled: readonly string[];
}

const misfiledMax = 20;

/** Whether anything at all is wrong. */
export function isSound({ faults, misfiled }: Verification): boolean {
  return faults.length + misfiled.length === 0;
}

/** Checks the file's pages, the chain, and that every payment is found as it is. */
export async function verify(connection: Connection, anchor: Anchor | undefined): Promise<Verification> {
  const chain = new ChainCheck(anchor);
  const filing = new FilingCheck(connection);
  await checkPages(connection);
  for await (const rows of stretchesIn(connection))
    for (const row of rows) {
      chain.add(row);
      if (!otherSubjects.includes(row.subject)) filing.add(row);
      if (filing.isFull) await filing.compare();
    }
  const misfiled = await filing.misfiled(misfiledMax);
  return { ...chain.verdict(), misfiled };
}
