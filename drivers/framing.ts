import type { DeviceRead, FailedRead } from "./driver.ts";
import type { Encoding } from "./encoding.ts";
import { labelBytesMax, readLabel, withoutSuffix } from "./label.ts";

/**
 * Turns the bytes of a serial line into labels, however the line cuts them into pieces. A label ends with CR, LF or ETX and
 * may begin with STX. What makes no sense becomes one failed read, and the next label is read as if nothing had been.
 */
export interface Framer {
  push(bytes: Uint8Array): DeviceRead[];
  /** No byte has come for a while: what is waiting is the whole label, or half a label, as the scanner is set up. */
  silence(): DeviceRead[];
  /** Whether the start of a label is waiting for its end. */
  readonly waiting: boolean;
}

/** `silenceEnds`: the scanner sends no end of line; a pause ends a label. `encoding`: the code page that it is set to. */
export function createFramer(silenceEnds = false, encoding?: Encoding): Framer {
  const label = Buffer.alloc(labelBytesMax);
  let length = 0;
  /** The label has become too long; its rest is skipped. */
  let skipping = false;

  function push(bytes: Uint8Array): DeviceRead[] {
    const reads: DeviceRead[] = [];
    for (const byte of bytes) {
      if (byte === STX) reads.push(...abandon());
      else if (byte === CR || byte === LF || byte === ETX) reads.push(...finish());
      else if (length < labelBytesMax) add(byte);
      else if (!skipping) {
        skipping = true;
        reads.push(failed(`a label of more than ${labelBytesMax} bytes`));
      }
    }
    return reads;
  }

  function add(byte: number): void {
    // A break on the line, as when the scanner is plugged in, arrives as zeros before the first label.
    if (byte === 0 && length === 0) return;
    label[length] = byte;
    length += 1;
  }

  function finish(): DeviceRead[] {
    const bytes = skipping ? nothing : withoutSuffix(label.subarray(0, length));
    length = 0;
    skipping = false;
    return bytes.length === 0 ? [] : [readLabel(bytes, encoding)];
  }

  function abandon(): DeviceRead[] {
    const halfway = length > 0 && !skipping;
    length = 0;
    skipping = false;
    return halfway ? [failed("half a label: its end did not come")] : [];
  }

  return {
    push,
    silence: () => (silenceEnds ? finish() : abandon()),
    get waiting() {
      return length > 0;
    },
  };
}

const [STX, ETX, LF, CR] = [0x02, 0x03, 0x0a, 0x0d];
const nothing = new Uint8Array();

function failed(detail: string): FailedRead {
  return { kind: "failed", detail };
}
