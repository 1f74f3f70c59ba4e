import type { SystemView } from "../../../service/system.ts";

/** The unit that the package brings. */
export const unitName = "tillbridge.service";

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
export async function showUnit(system: Pick<SystemView, "output">): Promise<Unit | undefined> {
  const words = ["systemctl", "show", unitName, "--no-pager", `--property=${properties.join(",")}`];
  const printed = (await system.output(words)) ?? "";
  if (!printed.includes("LoadState=")) return undefined;
  const values = new Map(printed.split("\n").map((line) => splitAt(line, line.indexOf("="))));
  return Object.fromEntries(properties.map((name) => [name, values.get(name) ?? ""])) as Unit; // one entry per property
}

function splitAt(line: string, index: number): [string, string] {
  return [line.slice(0, index), line.slice(index + 1)];
}
