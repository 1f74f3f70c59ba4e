import { type Inspection, inspectJournal } from "../../journal/inspect.ts";

/** About the journal, without anything that was in it but what happened when. */
export interface JournalFacts {
  readonly rows: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly open: readonly { readonly paymentId: string; readonly state: string }[];
  /** The newest, oldest first: no bodies, which hold amounts, phone numbers and keys. */
  readonly newest: readonly JournalRow[];
}

interface JournalRow {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly subject: string;
}

/** A day or two of sales: what a call to support is about. */
const newestMax = 300;
/** More open payments than any till has; the count is complete. */
const openMax = 100;

/** Undefined when there is no journal. */
export async function journalFacts(dataDir: string): Promise<JournalFacts | undefined> {
  const journal = await inspectJournal(dataDir);
  if (journal === undefined) return undefined;
  try {
    return { ...(await countRows(journal)), ...(await openIn(journal)) };
  } finally {
    await journal.close();
  }
}

async function countRows(journal: Inspection) {
  const byType: Record<string, number> = {};
  const newest: JournalRow[] = [];
  let rows = 0;
  for await (const { seq, at, type, subject } of journal.rows()) {
    rows += 1;
    byType[type] = (byType[type] ?? 0) + 1;
    newest.push({ seq, at: new Date(at).toISOString(), type, subject: withoutNumber(subject) });
    if (newest.length > newestMax) newest.shift();
  }
  return { rows, byType, newest };
}

async function openIn(journal: Inspection) {
  const ids = (await journal.open()).slice(0, openMax);
  const payments = await Promise.all(ids.map((id) => journal.payment(id)));
  return {
    open: payments.flatMap((payment) =>
      payment === undefined ? [] : [{ paymentId: withoutNumber(payment.order.paymentId), state: payment.state }],
    ),
  };
}

/** A POS makes these ids: it may have taken a phone number for one. */
function withoutNumber(id: string): string {
  return /\d{8}/.test(id) && !/^[0-9a-f]{8}-/i.test(id) ? id.replace(/\d{8,}/g, "[digits]") : id;
}
