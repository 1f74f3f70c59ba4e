import type { CommandRow, Commands } from "./command.ts";
import { commands } from "./commands.ts";

const general = `Options:
  --config FILE   the settings (tillbridge.json); or set TILLBRIDGE_CONFIG
  --help          this text, or that of one command
  --version       the version

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 another daemon owns the data directory.`;

/** What `tillbridge --help` prints: made from the tables of commands. */
export function helpText(kit?: Commands): string {
  const kitPart = kit ? ["", "For developers:", "", ...rowsText(kit)] : [];
  return ["Usage: tillbridge COMMAND [--config FILE]", "", ...rowsText(commands), ...kitPart, "", general].join("\n");
}

/** What `tillbridge COMMAND --help` prints. */
export function commandHelp(row: CommandRow): string {
  return [...row.usage.map((line) => `tillbridge ${line}`), "", row.summary].join("\n");
}

function rowsText(rows: Commands): string[] {
  return Object.values(rows).map(rowText);
}

function rowText({ usage, summary }: CommandRow): string {
  return [`  ${summary}:`, ...usage.map((line) => `    tillbridge ${line}`)].join("\n");
}
