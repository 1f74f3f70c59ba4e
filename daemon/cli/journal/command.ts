import { parseArgs } from "node:util";
import { errorCode } from "../../errno.ts";
import { describe, inspectJournal, type Inspection, isSound, type ChainVerdict } from "../../journal/inspect.ts";
import { markExported, unexported } from "./export-mark.ts";
import { exportRows, payments, shownRow } from "./output.ts";

/** Exit codes of the command line. */
const done = 0;
const failed = 1;
const wrongUsage = 2;
const notYet = 3;

const usage = `tillbridge journal list [--limit N]
tillbridge journal show PAYMENT_ID|REFERENCE|RECEIPT_NUMBER|REFUND_ID
tillbridge journal verify [FOLDER]
tillbridge journal export [--format json|csv] [--from TIME] [--to TIME]
tillbridge journal unexported
tillbridge journal backup FILE`;

interface Context {
  readonly dataDir: string;
  readonly print: (line: string) => void;
  /** The wall clock. Without it an export leaves no mark. */
  readonly now?: () => number;
}

type Command = (journal: Inspection, print: (line: string) => void, context: Context) => Promise<number>;

/** `tillbridge journal …`: reads the journal, whether or not the daemon runs. Returns the exit code. */
export async function journalCommand(argv: string[], context: Context): Promise<number> {
  const { dataDir, print } = context;
  const wanted = commandOf(argv);
  if (wanted === undefined) {
    print(usage);
    return wrongUsage;
  }
  try {
    const journal = await inspectJournal(dataDir, wanted.folder);
    if (journal !== undefined) return await closing(journal, wanted.command(journal, print, context));
    print("There is no journal here yet.");
  } catch (error) {
    print(sentence(`${describe(error)} (${errorCode(error)})`));
  }
  return failed;
}

async function closing(journal: Inspection, running: Promise<number>): Promise<number> {
  try {
    return await running;
  } finally {
    await journal.close();
  }
}

function commandOf([name = "", ...args]: string[]): { command: Command; folder?: string | undefined } | undefined {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [first, ...more] = positionals;
    if (more.length > 0) return undefined;
    if (name === "verify" && none(values)) return { command: verify, folder: first };
    if (name === "unexported" && none(values) && first === undefined) return { command: countUnexported };
    const command = first === undefined ? withoutWord(name, values) : none(values) ? withWord(name, first) : undefined;
    return command && { command };
  } catch {
    return undefined;
  }
}

const options = {
  limit: { type: "string" },
  format: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
} as const;

type Values = { readonly [Name in keyof typeof options]?: string | undefined };

function none(values: Values): boolean {
  return Object.keys(values).length === 0;
}

function withoutWord(name: string, { limit = "50", format = "json", from, to }: Values): Command | undefined {
  if (name === "list" && /^[1-9]\d{0,5}$/.test(limit)) return (journal, print) => list(journal, print, Number(limit));
  if (name !== "export" || (format !== "json" && format !== "csv")) return undefined;
  const range = {
    from: from === undefined ? 0 : Date.parse(from),
    to: to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(to),
  };
  if (Number.isNaN(range.from) || Number.isNaN(range.to)) return undefined;
  return async (journal, print, { dataDir, now }) => {
    const began = now?.();
    for await (const line of exportRows(journal.rows(), format, range)) print(line);
    if (began !== undefined && from === undefined && to === undefined) await markExported(dataDir, began);
    return done;
  };
}

/** What the package asks before it deletes a journal. Exit code 3: there are some. */
async function countUnexported(journal: Inspection, print: (line: string) => void, { dataDir, now }: Context) {
  const { length } = await unexported(journal, dataDir, now?.() ?? 0);
  print(length === 1 ? "1 payment was never exported" : `${length} payments were never exported`);
  return length === 0 ? done : notYet;
}

function withWord(name: string, word: string): Command | undefined {
  if (name === "show") return (journal, print) => show(journal, print, word);
  if (name === "backup") return (journal, print) => backup(journal, print, word);
  return undefined;
}

async function list(journal: Inspection, print: (line: string) => void, limit: number): Promise<number> {
  for await (const line of payments(journal, limit)) print(line);
  return done;
}

async function show(journal: Inspection, print: (line: string) => void, text: string): Promise<number> {
  const paymentIds = await journal.find(text);
  if (paymentIds.length === 0) print(`There is no payment with the number ${text} in this journal.`);
  if (paymentIds.length > 1) print(`${paymentIds.length} payments have the number ${text}, the newest first.`);
  for (const paymentId of paymentIds) {
    print(`Payment ${paymentId}`);
    for await (const row of journal.rows(paymentId)) print(shownRow(row));
  }
  return paymentIds.length === 0 ? failed : done;
}

async function backup(journal: Inspection, print: (line: string) => void, file: string): Promise<number> {
  try {
    await journal.backup(file);
    print(`Copied to ${file}.`);
    return done;
  } catch (error) {
    print(
      errorCode(error) === "EEXIST"
        ? `${file} exists already: choose another name.`
        : `Not copied: ${describe(error)} (${errorCode(error)}).`,
    );
    return failed;
  }
}

async function verify(journal: Inspection, print: (line: string) => void): Promise<number> {
  const found = await journal.verify();
  const { rows, faults, selfReported, indexMismatches } = found;
  for (const { type, seq, body } of selfReported) print(`The journal says of itself in row ${seq}: ${type} ${body}`);
  for (const { kind, seq } of faults) print(sentence(faultWords[kind](seq)));
  for (const paymentId of indexMismatches)
    print(`Payment ${paymentId} is not found as what it is: the index does not agree with its events.`);
  const whole = isSound(found) && selfReported.every(({ type }) => type === "continued");
  print(whole ? `${rows} rows, nothing wrong.` : `${rows} rows, not as they were written.`);
  return whole ? done : failed;
}

const faultWords: { readonly [Kind in ChainVerdict["faults"][number]["kind"]]: (seq: number) => string } = {
  edited: (seq) => `row ${seq} was edited`,
  deleted: (seq) => `row ${seq} was deleted`,
  inserted: (seq) => `row ${seq} was inserted`,
  rolledBack: (seq) =>
    `the journal ends at row ${seq} but went on before: rows were cut off or the file was replaced by an earlier copy`,
  rewritten: (seq) =>
    `row ${seq} is not the one that was last written: rows up to there were changed and the chain was made anew`,
  grewWhileClosed: (seq) => `rows up to ${seq} were added while no daemon was running`,
};

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
