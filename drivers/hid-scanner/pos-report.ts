import type { DeviceRead, FailedRead } from "../driver.ts";
import { labelBytesMax, readLabel } from "../label.ts";

/**
 * Puts the reports of a HID-POS scanner together to labels. The layout is that of the scanned data report in USB-IF's HID Point of
 * Sale Usage Tables 1.02, as makers send it: report 2, length, AIM identifier (3), data, and in the last byte whether more follows.
 */
export interface PosReports {
  push(report: Uint8Array): DeviceRead[];
  /** No report has come for a while: what was begun is given up. */
  silence(): DeviceRead[];
  /** Whether a label was begun and its rest is still to come. */
  readonly waiting: boolean;
}

export function createPosReports(): PosReports {
  let parts: Uint8Array[] = [];
  let aim = "";
  let length = 0;

  function push(report: Uint8Array): DeviceRead[] {
    // Other reports tell of triggers and batteries.
    if (report[0] !== scannedData) return [];
    const part = partOf(report);
    if (part === undefined) return [...silence(), failed("a report that makes no sense")];
    const abandoned = parts.length > 0 && part.aim !== aim ? silence() : [];
    aim = part.aim;
    length += part.data.length;
    if (length <= labelBytesMax) parts.push(part.data);
    return part.more ? abandoned : [...abandoned, ...finish()];
  }

  function finish(): DeviceRead[] {
    const label = Buffer.concat([Buffer.from(aim, "latin1"), ...parts]);
    const tooLong = length > labelBytesMax;
    forget();
    if (tooLong) return [failed(`a label of more than ${labelBytesMax} bytes`)];
    const bytes = label.subarray(0, endOf(label));
    return bytes.length <= aim.length ? [] : [readLabel(bytes)];
  }

  function silence(): DeviceRead[] {
    const begun = parts.length > 0;
    forget();
    return begun ? [failed("half a label: its rest did not come")] : [];
  }

  function forget(): void {
    parts = [];
    length = 0;
  }

  return {
    push,
    silence,
    get waiting() {
      return parts.length > 0;
    },
  };
}

const scannedData = 2;
const bracket = 0x5d;
const aimLength = 3;
/** Behind the data: the maker's own name of the symbology, a reserved byte, and the flags. */
const tailLength = 3;
const moreFlag = 0x01;

interface Part {
  /** Such as "]Q1", or empty when the scanner does not tell. */
  readonly aim: string;
  readonly data: Uint8Array;
  readonly more: boolean;
}

function partOf(report: Uint8Array): Part | undefined {
  const [, length = 0] = report;
  const aimAt = whereAimIs(report);
  if (aimAt === undefined) return undefined;
  const dataAt = aimAt + aimLength;
  if (dataAt + length > report.length - 1) return undefined;
  const aim = report[aimAt] === bracket ? Buffer.from(report.subarray(aimAt, dataAt)).toString("latin1") : "";
  return { aim, data: report.subarray(dataAt, dataAt + length), more: ((report.at(-1) ?? 0) & moreFlag) !== 0 };
}

/** Some scanners put a byte of their own before it; some tell none, and leave it empty. */
function whereAimIs(report: Uint8Array): number | undefined {
  const usual = 2;
  if (report[usual] === bracket) return usual;
  if (report[usual + 1] === bracket) return usual + 1;
  const isEmpty =
    report.length > usual + aimLength + tailLength &&
    report.subarray(usual, usual + aimLength).every((byte) => byte === 0);
  return isEmpty ? usual : undefined;
}

/** A scanner that is set to end a label with a key of its own does so here as well. */
function endOf(label: Uint8Array): number {
  let end = label.length;
  while (end > 0 && suffixes.has(label[end - 1] ?? 0)) end -= 1;
  return end;
}

const suffixes = new Set([0x09, 0x0a, 0x0d]);

function failed(detail: string): FailedRead {
  return { kind: "failed", detail };
}
