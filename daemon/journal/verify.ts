import type { Anchor } from "./anchor.ts";
import { type ChainedRow, otherSubjects } from "./chain.ts";
import { ChainCheck, type Verdict } from "./chain-check.ts";
import { checkPages } from "./damage.ts";
import { FilingCheck } from "./filing-check.ts";
import { type Sources, stretchesIn } from "./sources.ts";

export interface Verification extends Verdict {
  /** Ids of the first payments that the index does not find as they are. */
  readonly misfiled: readonly string[];
  /** Names of the archives that are not there: what stands in them was not checked. */
  readonly missing: readonly string[];
  /** The first rows, by number, that stand in the journal otherwise than in its archive. */
  readonly unlike: readonly number[];
  /** Rows were moved to an archive meanwhile, so that this says nothing: verify again. */
  readonly moved: boolean;
}

const misfiledMax = 20;
const unlikeMax = 20;

/** Whether anything at all is wrong. */
export function isSound({ faults, misfiled, missing, unlike, moved }: Verification): boolean {
  return faults.length + misfiled.length + missing.length + unlike.length === 0 && !moved;
}

/** Checks the pages of every file, the chain through the archives and the journal, and that every payment is found as it is. */
export async function verify(sources: Sources, anchor: Anchor | undefined): Promise<Verification> {
  const chain = new ChainCheck(anchor);
  const filing = new FilingCheck(sources);
  const addAll = async (stretches: AsyncIterable<readonly ChainedRow[]>) => {
    for await (const rows of stretches)
      for (const row of rows) {
        chain.add(row);
        if (!otherSubjects.includes(row.subject)) filing.add(row);
        if (filing.isFull) await filing.compare();
      }
  };
  for (const archive of sources.archives) {
    const connection = sources.connectionOf(archive);
    if (connection) await checkPages(connection);
    if (connection) await addAll(stretchesIn(connection));
    chain.endOfFile(archive, connection !== undefined);
  }
  await checkPages(sources.live);
  await addAll(stretchesIn(sources.live, { after: sources.base.seq }));
  const misfiled = sources.missing.length === 0 ? await filing.misfiled(misfiledMax) : [];
  const unlike = await sources.different(unlikeMax);
  return { ...chain.verdict(), misfiled, missing: sources.missing, unlike, moved: await sources.isMoved() };
}
