import { rounded, type Sample } from "./figures.ts";
import type { Pair, ScanFigures } from "./measure-scans.ts";

const heading = "## From the device to the page";

/** The page with this part in its place, or at its end. */
export function withScans(page: string, figures: ScanFigures): string {
  const start = page.indexOf(heading);
  const before = start < 0 ? page : page.slice(0, start);
  return `${before.trimEnd()}\n\n${scansPart(figures)}`;
}

export function scansPart(figures: ScanFigures): string {
  const { serial, nfc, emulated } = figures;
  const rows = [
    row("serial, on a pty, to the page", serial),
    row("NFC tag's last answer, through pcscd, to the page", nfc),
    ...(emulated === undefined
      ? []
      : [
          row("USB HID, emulated computer, to the event", emulated.hid),
          row("USB serial (CDC), emulated computer, to the event", emulated.serial),
          `| NFC tag's last answer (USB, CCID), emulated computer, to the event | – | ${both(emulated.nfc.till)} | – | – |`,
        ]),
  ];
  return `${heading}

Written by \`scripts/bench --only-scans --write\` on ${figures.date}, each line in one run. Milliseconds, p50 / p99.

| from the device | bare | till | added at p50 | ratio at p50 |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

Bare is a program of its own that reads the port, the device's file, or the tag with nfc-pcsc, and does nothing with it. The page is a
WebSocket client beside the shipped program. USB needs a kernel that plays the devices: those lines come from the emulated computer of
\`scripts/vm-devices\`, measured by its own clock (one processor, two nanoseconds for each instruction), from before the device sends until the
till hands the event to its sockets; only their ratios say anything about a till. A tag's own answers are not counted, nor the time
until the smart-card service looks for a tag.

\`\`\`json
${JSON.stringify(figures)}
\`\`\`
`;
}

function row(what: string, { bare, till }: Pair): string {
  return `| ${what} | ${both(bare)} | ${both(till)} | ${rounded(till.p50 - bare.p50)} | ${rounded(till.p50 / bare.p50)} × |`;
}

function both({ p50, p99 }: Sample): string {
  return `${p50} / ${p99}`;
}
