import { readFile, writeFile } from "node:fs/promises";
import type { Figures } from "./checks.ts";
import type { Stage } from "./stage.ts";

const rows: readonly { readonly says: string; readonly of: (figures: Figures) => string; readonly expected: string }[] =
  [
    { says: "`dpkg -i`", of: ({ dpkgMs }) => seconds(dpkgMs), expected: "–" },
    { says: "`dpkg -i` → `tillbridge doctor` all green", of: ({ greenMs }) => seconds(greenMs), expected: "≤ 60 s" },
    { says: "killed → ready", of: ({ killMs }) => seconds(killMs), expected: "≤ 2 s" },
    { says: "frozen → ready", of: ({ frozenMs }) => seconds(frozenMs), expected: "–" },
    { says: "power on → ready", of: ({ bootMs }) => seconds(bootMs), expected: "–" },
    { says: "ready before the cashier's login", of: ({ beforeLoginMs }) => seconds(beforeLoginMs), expected: "> 0 s" },
    { says: "upgrade, until ready", of: ({ upgradeMs }) => seconds(upgradeMs), expected: "–" },
    {
      says: "upgrade that does not start, until the old one is ready",
      of: ({ rollbackMs }) => seconds(rollbackMs),
      expected: "–",
    },
    { says: "`systemd-analyze security`", of: ({ exposure = "?" }) => exposure, expected: "≤ 2.0" },
    { says: "memory, all its processes", of: ({ memoryMegabytes = "?" }) => `${memoryMegabytes} MB`, expected: "–" },
  ];

/** By Debian's number. */
export function figureTable(found: Readonly<Record<string, Figures>>, { packageBytes }: Stage): string {
  const systems = Object.entries(found);
  const heads = ["", ...systems.map(([debian]) => `Debian ${debian}`), "expected"];
  const size = ["package", ...systems.map(() => `${(packageBytes / 1e6).toFixed(1)} MB`), "–"];
  const cells = rows.map(({ says, of, expected }) => [says, ...systems.map(([, figures]) => of(figures)), expected]);
  return [heads, heads.map(() => "---"), size, ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Between two marks that the page has for it. */
export async function writeInto(page: string, table: string): Promise<void> {
  const text = await readFile(page, "utf8");
  const replaced = text.replace(/(<!-- figures -->\n)[^]*?(\n<!-- end -->)/, `$1${table}$2`);
  if (!replaced.includes(table)) throw new Error(`${page} has no place for figures`);
  await writeFile(page, replaced);
}

function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "?" : `${(milliseconds / 1000).toFixed(1)} s`;
}
