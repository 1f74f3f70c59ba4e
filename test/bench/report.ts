import type { Report } from "./bench.ts";
import { rounded, type Sample } from "./figures.ts";

/** A figure, the bare one it is held against, and what is expected of it. */
interface Line {
  readonly what: string;
  readonly bare: string;
  readonly figures: readonly string[];
  readonly expected: string;
}

export function table(report: Report): string {
  const heads = [
    "what",
    "bare",
    ...report.tills.map(({ oldPayments }) => `${oldPayments.toLocaleString("en")} old payments`),
    "expected",
  ];
  const rows = lines(report).map(({ what, bare, figures, expected }) => [what, bare, ...figures, expected]);
  return [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function lines({ bare, tills }: Report): Line[] {
  const each = (tell: (figures: Report["tills"][number]["figures"]) => string) =>
    tills.map(({ figures }) => tell(figures));
  return [
    {
      what: "a call and its answer, against a bare WebSocket echo",
      bare: both(bare.echo),
      figures: each(({ roundTrip }) => against(roundTrip, bare.echo)),
      expected: "p50 ≤ 2 ×",
    },
    {
      what: "`payment.start` answered (on disk), against one bare synced commit",
      bare: both(bare.commit),
      figures: each(({ startAcknowledged }) => against(startAcknowledged, bare.commit)),
      expected: "p50 ≤ 3 ×",
    },
    {
      what: "scan to event at the page, against a bare serial read",
      bare: both(bare.serialRead),
      figures: each(({ scan }) => `${both(scan)} (p99 adds ${rounded(scan.p99 - bare.serialRead.p99)})`),
      expected: "p99 adds ≤ 5 ms",
    },
    {
      what: "customer approves to `paid` at the page",
      bare: "–",
      figures: each(({ approvedToPaid }) => both(approvedToPaid)),
      expected: "asked once a second",
    },
    {
      what: "process start to ready, against bare Node",
      bare: both(bare.nodeStart),
      figures: each(({ start }) => against(start, bare.nodeStart)),
      expected: "≤ 300 ms",
    },
    {
      what: "idle memory, megabytes resident",
      bare: "–",
      figures: each(({ idleMegabytes }) => String(idleMegabytes)),
      expected: "≤ 80",
    },
    {
      what: "memory after some 350 payments and 3 000 calls",
      bare: "–",
      figures: each(({ soldMegabytes }) => String(soldMegabytes)),
      expected: "–",
    },
  ];
}

function both({ p50, p99 }: Sample): string {
  return `${p50} / ${p99}`;
}

function against(sample: Sample, bare: Sample): string {
  return `${both(sample)} (${rounded(sample.p50 / bare.p50)} ×)`;
}

export function page(report: Report): string {
  return `# Measured

Written by \`scripts/bench --write\`: everything in one run, each figure beside a bare one of the same run, so that the ratios hold on
another machine too. Milliseconds, p50 / p99; the ratio compares the medians.

${report.date} · ${report.machine} · Node ${report.node}

${table(report)}

The shipped program runs as a process of its own; MobilePay's stand-in and the page share another. Synced commits are as fast as this
machine's disk answers; a till's disk may take many times as long, and then the ratio to a bare commit is what remains. From approval
to \`paid\` the till asks once a second, as MobilePay wants it for sales in person, and makes two calls.

\`\`\`json
${JSON.stringify(report)}
\`\`\`
`;
}
