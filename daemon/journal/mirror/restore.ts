import { basename } from "node:path";
import { errorCode } from "../../errno.ts";
import { exists } from "../../exists.ts";
import type { Logger } from "../../log/logger.ts";
import type { World } from "../../world.ts";
import type { Tail } from "../rows/chain.ts";
import { openForWriting } from "../rows/open-for-writing.ts";
import type { SqliteConnection } from "../sqlite/connection.ts";
import { JournalFailure } from "../sqlite/failure.ts";
import { checkWhole } from "../sqlite/integrity.ts";
import type { JournalPaths } from "../sqlite/paths.ts";
import { isPrefix, copyWhole, appendMissingTo, openSource, countRowsAfter } from "./copy.ts";
import type { MirrorFolder } from "./mirror-folder.ts";

interface RestoreOptions {
  /** The first journal. */
  readonly paths: JournalPaths;
  readonly world: Pick<World, "now">;
  readonly log: Logger;
}

/** Copies into the first journal, which ends at `end`, what the second has beyond it; all of it when `end` is undefined. */
export async function restore(
  mirror: MirrorFolder,
  { paths, world, log }: RestoreOptions,
  end: Tail | undefined,
  inTime: <Value>(work: Promise<Value>) => Promise<Value>,
): Promise<{ readonly aside: string | undefined } | undefined> {
  const source = await inTime(openToRestore(mirror)).catch((error: unknown) => {
    log.warn("the second journal cannot be read", { code: errorCode(error) });
    return undefined;
  });
  if (source === undefined) return undefined;
  try {
    if (end !== undefined && !(await isAhead(source, end))) return undefined;
    await checkWhole(source);
    if (end === undefined) {
      const aside = await copyWhole(source, paths, world.now());
      return { aside: aside && basename(aside) };
    }
    await appendMissingTo(source, paths, end);
    return { aside: undefined };
  } catch (error) {
    log.error("the second journal could not be copied", { code: errorCode(error) });
    return undefined;
  } finally {
    await source.close();
  }
}

/** Undefined when there is none. */
async function openToRestore(mirror: MirrorFolder): Promise<SqliteConnection | undefined> {
  await mirror.acquireLock();
  if (!(await exists(mirror.paths.database))) return undefined;
  const { connection, brokenAt, tail } = await openForWriting(mirror.paths);
  await connection.close();
  if (brokenAt !== undefined) throw new JournalFailure("CHAIN_BROKEN");
  return tail.seq === 0 ? undefined : openSource(mirror.paths);
}

async function isAhead(source: SqliteConnection, end: Tail): Promise<boolean> {
  return (await isPrefix(source, end)) && (await countRowsAfter(source, end, 1)) > 0;
}
