import type { Account } from "./delivery-ledger.ts";
import type { Footprint } from "./soak-till.ts";

/** What a heap may wander within. */
const grownMax: Footprint = { megabytes: 6, childMegabytes: 6, threads: 1, descriptors: 3 };
const parts: readonly { readonly part: keyof Footprint; readonly says: string }[] = [
  { part: "megabytes", says: "memory, MB" },
  { part: "childMegabytes", says: "memory of the NFC reader's process, MB" },
  { part: "threads", says: "threads" },
  { part: "descriptors", says: "open files" },
];

/** For docs/devices.md. */
export function soakTable(accounts: readonly Account[], footprints: readonly Footprint[], minutes: number): string {
  const row = (says: string, tell: (account: Account) => string | number) => [says, ...accounts.map(tell)];
  const heads = [`${Math.round(minutes)} minutes`, ...accounts.map(({ device }) => device)];
  const rows = [
    heads,
    heads.map(() => "---"),
    row("given to read", ({ given }) => given),
    row("told once and in order", ({ told, wrong }) => (wrong.length === 0 ? told : `${told}, ${wrong.length} wrong`)),
    row("losses (cable, service)", ({ losses }) => losses),
    row("lost in the moment of a loss", ({ lostAtLosses }) => lostAtLosses),
    row("loss → page told, ms, p50 / p99", ({ noticed }) => `${noticed.p50} / ${noticed.p99}`),
    row("device → page, ms, p50 / p99", ({ added }) => `${added.p50} / ${added.p99}`),
  ];
  const total = accounts.reduce((sum, { given }) => sum + given, 0);
  const held = parts.map(({ part, says }) => {
    const { early, late } = earlyAndLate(footprints, part);
    return `${says} ${early.toFixed(1)} early, ${late.toFixed(1)} late`;
  });
  const table = rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return `${table}\n\n${(total / minutes / 60).toFixed(1)} reads a second, losses included. Of the till: ${held.join("; ")}.`;
}

export function whatGrew(footprints: readonly Footprint[]): string[] {
  return parts.flatMap(({ part, says }) => {
    const { early, late } = earlyAndLate(footprints, part);
    return late - early > grownMax[part] ? [`grew: ${says}`] : [];
  });
}

/** The first tenth warms up. A process that is not there takes nothing, and tells nothing. */
function earlyAndLate(footprints: readonly Footprint[], part: keyof Footprint) {
  const values = footprints.map((footprint) => footprint[part]).filter((value) => value > 0);
  return { early: averageOf(values, 0.1, 0.4), late: averageOf(values, 0.7, 1) };
}

function averageOf(values: readonly number[], from: number, to: number): number {
  const some = values.slice(Math.floor(values.length * from), Math.ceil(values.length * to));
  return some.reduce((sum, value) => sum + value, 0) / Math.max(1, some.length);
}
