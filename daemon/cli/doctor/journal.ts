import { errorCode } from "../../errno.ts";
import { type Inspection, inspectJournal, isSound, type Verification } from "../../journal/inspect.ts";
import { type Check, failed, ok } from "./check.ts";

const name = "journal";

/** Whether every row of the journal is as it was written. */
export async function checkJournal(dataDir: string): Promise<Check> {
  try {
    const journal = await inspectJournal(dataDir);
    if (!journal) return ok(name, "There is no journal yet.");
    const found = await verified(journal);
    if (isSound(found)) return ok(name, `The journal's ${found.rows} rows are as they were written.`);
    return failed(
      name,
      "The journal is not as it was written.",
      "See tillbridge journal verify, and call support; keep every file.",
    );
  } catch (error) {
    return failed(
      name,
      `The journal cannot be read (${errorCode(error)}).`,
      "Run doctor as the service's user; if that is so, call support and keep every file.",
    );
  }
}

async function verified(journal: Inspection): Promise<Verification> {
  try {
    return await journal.verify();
  } finally {
    await journal.close();
  }
}
