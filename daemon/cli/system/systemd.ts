import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs a program of the system. Resolves to what it printed; `code` is -1 when it is not there. Never rejects. */
export type RunProgram = (program: string, words: readonly string[]) => Promise<{ code: number; printed: string }>;

/** The unit that the package brings. */
export const unitName = "tillbridge.service";
/** A start may take as long as the unit allows. */
const answerMsMax = 100_000;

/** What systemd knows of the service; every value as systemd prints it. */
export type Unit = Readonly<Record<(typeof properties)[number], string>>;

const properties = [
  "LoadState",
  "ActiveState",
  "SubState",
  "UnitFileState",
  "Result",
  "NRestarts",
  "MainPID",
  "User",
  "SupplementaryGroups",
  "ActiveEnterTimestamp",
  "ConditionResult",
  "StatusText",
  "NeedDaemonReload",
  "FragmentPath",
] as const;

/** Undefined where there is no systemd. A unit that does not exist has the LoadState `not-found`. */
export async function showUnit(run: RunProgram = runProgram): Promise<Unit | undefined> {
  const { code, printed } = await run("systemctl", [
    "show",
    unitName,
    "--no-pager",
    `--property=${properties.join(",")}`,
  ]);
  if (code !== 0 || !printed.includes("LoadState=")) return undefined;
  const values = new Map(printed.split("\n").map((line) => splitAt(line, line.indexOf("="))));
  return Object.fromEntries(properties.map((name) => [name, values.get(name) ?? ""])) as Unit; // one entry per property
}

export const runProgram: RunProgram = async (program, words) => {
  try {
    const { stdout } = await promisify(execFile)(program, words, { timeout: answerMsMax, maxBuffer: 8 * 1024 * 1024 });
    return { code: 0, printed: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }; // what execFile rejects with
    return { code: typeof code === "number" ? code : -1, printed: `${stdout ?? ""}${stderr ?? ""}` };
  }
};

function splitAt(line: string, index: number): [string, string] {
  return [line.slice(0, index), line.slice(index + 1)];
}
