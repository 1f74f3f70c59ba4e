/**
 * The characters that a keyboard types, from its boot reports (HID 1.11, appendix B.1: modifiers, a reserved byte, up to six keys)
 * and the American layout, which a scanner takes every keyboard for unless it is told otherwise. Enter gives CR.
 */
export interface Typing {
  push(report: Uint8Array): string;
}

export function createTyping(): Typing {
  let held: readonly number[] = [];
  return {
    push(report) {
      // A report of more than eight bytes begins with its number.
      const [modifiers = 0, , ...pressed] = report.length > bootReportBytes ? report.subarray(1) : report;
      const keys = pressed.slice(0, keysMax).filter((key) => key >= firstKey);
      const fresh = keys.filter((key) => !held.includes(key));
      held = keys;
      return fresh.map((key) => characterOf(key, (modifiers & shifts) !== 0)).join("");
    },
  };
}

const bootReportBytes = 8;
const keysMax = 6;
/** Lower numbers say that too many keys are pressed, or none. */
const firstKey = 0x04;
const shifts = 0x22;

/** HID Usage Tables, page 07, from key 04 on; a space where a key types nothing that a label could hold. */
const plain = "abcdefghijklmnopqrstuvwxyz1234567890\r\u001b \t -=[]\\ ;'`,./";
const shifted = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\r\u001b \t _+{}| :"~<>?';
const space = 0x2c;
const keypad: Readonly<Record<number, string>> = Object.fromEntries(
  Array.from("/*-+\r1234567890.", (character, index) => [0x54 + index, character]),
);

function characterOf(key: number, isShifted: boolean): string {
  if (key === space) return " ";
  const character = (isShifted ? shifted : plain)[key - firstKey] ?? keypad[key] ?? "";
  return character === " " || character === "\u001b" ? "" : character;
}
