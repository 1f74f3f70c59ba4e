import type { DeviceRead, FailedRead } from "../driver.ts";
import type { Encoding } from "../encoding.ts";
import { labelBytesMax, readLabel, withoutSuffix } from "../label.ts";

/**
 * Puts the reports of a HID-POS scanner together to labels. The scanned data report is that of USB-IF's HID Point of Sale Usage
 * Tables 1.02, as makers send it: number 2, length, AIM identifier, data, the maker's own, and in the last byte whether more follows.
 */
export interface PosReports {
  push(report: Uint8Array): DeviceRead[];
  /** No report has come for a while: what was begun is given up. */
  silence(): DeviceRead[];
  /** Whether a label was begun and its rest is still to come. */
  readonly waiting: boolean;
}

/** `encoding`: the code page that the scanner is set to, where it is neither UTF-8 nor Latin-1. */
export function createPosReports(encoding?: Encoding): PosReports {
  let parts: Uint8Array[] = [];
  let first: Layout | undefined;
  let length = 0;

  function push(report: Uint8Array): DeviceRead[] {
    // Other reports are about triggers and batteries.
    if (report[0] !== scannedData) return [];
    const layout = layoutFor(report, parts.length > 0 ? first : undefined);
    const data = dataIn(report, layout);
    if (data === undefined) return [...silence(), failed("a report that makes no sense")];
    const abandoned = parts.length > 0 && layout.aim !== first?.aim ? silence() : [];
    first = layout;
    length += data.length;
    if (length <= labelBytesMax) parts.push(data);
    const more = ((report.at(-1) ?? 0) & moreFlag) !== 0;
    return more ? abandoned : [...abandoned, ...finish(layout.aim)];
  }

  function finish(aim: string): DeviceRead[] {
    const data = withoutSuffix(Buffer.concat(parts));
    const tooLong = length > labelBytesMax;
    forget();
    if (tooLong) return [failed(`a label of more than ${labelBytesMax} bytes`)];
    // A scanner may be set to send the identifier before the data, too.
    const identifier = Buffer.from(aim, "latin1");
    const label =
      aim !== "" && identifier.equals(data.subarray(0, aim.length)) ? data : Buffer.concat([identifier, data]);
    return label.length === 0 ? [] : [readLabel(label, encoding)];
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
const moreFlag = 0x01;
const usualAimAt = 2;
const aimLength = 3;
const isAim = /^\][A-Za-z][0-9A-Za-z]$/;

/** Where a report has its data, and the AIM identifier before them, such as "]Q1", or none. */
interface Layout {
  readonly aim: string;
  readonly dataAt: number;
}

/** The rest of a label has the layout of its start; a scanner may send the AIM identifier there only. */
function layoutFor(report: Uint8Array, begun: Layout | undefined): Layout {
  if (begun?.aim === "") return begun;
  const layout = layoutOf(report);
  return begun !== undefined && layout.aim === "" ? { ...layout, aim: begun.aim } : layout;
}

/**
 * Most makers have the AIM identifier right behind the length, some a byte later; some have its place and leave it empty; some
 * (Newland, by its manuals) have no place for it.
 */
function layoutOf(report: Uint8Array): Layout {
  for (const at of [usualAimAt, usualAimAt + 1]) {
    const aim = Buffer.from(report.subarray(at, at + aimLength)).toString("latin1");
    if (isAim.test(aim)) return { aim, dataAt: at + aimLength };
  }
  const place = report.subarray(usualAimAt, usualAimAt + aimLength);
  return { aim: "", dataAt: place.every((byte) => byte === 0) ? usualAimAt + aimLength : usualAimAt };
}

/** Undefined when it says that there is more than it can hold. */
function dataIn(report: Uint8Array, { dataAt }: Layout): Uint8Array | undefined {
  const [, length = 0] = report;
  return dataAt + length > report.length - 1 ? undefined : report.subarray(dataAt, dataAt + length);
}

function failed(detail: string): FailedRead {
  return { kind: "failed", detail };
}
