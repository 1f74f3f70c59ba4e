import { type Sample, sampleOf } from "../bench/figures.ts";

type Measure = "lossNoticed" | "ready" | "usable" | "added";
/** By device: milliseconds, one for each cycle. */
type Figures = Readonly<Record<string, Readonly<Record<Measure, readonly number[]>>>>;

/** What a run of test/devices/plug-cycles.ts has found. */
export interface Plugged {
  readonly failed?: string;
  readonly figures?: Figures;
}

const measures: readonly { readonly measure: Measure; readonly says: string; readonly p99MsMax?: number }[] = [
  { measure: "lossNoticed", says: "plug pulled → page told", p99MsMax: 1000 },
  { measure: "ready", says: "plug put in → page told", p99MsMax: 2000 },
  { measure: "usable", says: "plug put in → first read at the page", p99MsMax: 2000 },
  { measure: "added", says: "device reads → event" },
];

export function figureTable(figures: Figures): string {
  const devices = Object.entries(figures);
  const rows = measures.map(({ measure, says, p99MsMax }) => [
    says,
    ...devices.map(([, of]) => both(sampleOf(of[measure]))),
    p99MsMax === undefined ? "–" : `p99 ≤ ${p99MsMax}`,
  ]);
  const heads = ["milliseconds, p50 / p99", ...devices.map(([device]) => device.replace(/-\d+$/, "")), "expected"];
  const cycles = ["cycles", ...devices.map(([, of]) => `${of.usable.length}`), ""];
  return [heads, heads.map(() => "---"), cycles, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export function tooSlow(figures: Figures): string[] {
  return Object.entries(figures).flatMap(([device, of]) =>
    measures
      .filter(({ measure, p99MsMax = Infinity }) => sampleOf(of[measure]).p99 > p99MsMax)
      .map(({ says }) => `${device}: ${says}`),
  );
}

function both({ p50, p99 }: Sample): string {
  return `${Math.round(p50)} / ${Math.round(p99)}`;
}
