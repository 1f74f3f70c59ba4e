import { inspectJournal } from "../../journal/inspect.ts";
import { type Check, ok, warning } from "./check.ts";

const name = "recovery";

/** Whether a payment waits for a person, or has been open for long. */
export async function checkRecovery(dataDir: string): Promise<Check> {
  try {
    const journal = await inspectJournal(dataDir);
    if (journal === undefined) return ok(name, "No payment waits for a decision.");
    try {
      const open = await journal.open();
      const payments = await Promise.all(open.map((id) => journal.payment(id)));
      const waiting = payments.filter((payment) => payment?.state === "needsDecision").length;
      return verdict(waiting, open.length - waiting);
    } finally {
      await journal.close();
    }
  } catch {
    return { name, state: "unknown", says: "The journal cannot be read: see the line about it." };
  }
}

function verdict(waiting: number, underWay: number): Check {
  if (waiting > 0)
    return warning(
      name,
      waiting === 1 ? "One payment waits for a decision." : `${waiting} payments wait for a decision.`,
      "Decide on the POS, or on the till's console: tillbridge console.",
    );
  if (underWay > 0) return ok(name, `No payment waits for a decision; under way: ${underWay}.`);
  return ok(name, "No payment waits for a decision.");
}
