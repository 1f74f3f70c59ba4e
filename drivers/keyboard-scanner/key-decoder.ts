/**
 * The characters that a keyboard types, from its boot reports (HID 1.11, appendix B.1: modifiers, a reserved byte, up to six keys)
 * and the American layout, which a scanner takes every keyboard for unless it is set up otherwise. Enter gives CR. Control and a key give
 * the control character, by which scanners type the separator of GS1 fields. What is typed with Alt is a number for a character in
 * the code page of the receiving program: it gives what no label may hold, so that the label is refused and not passed on with
 * digits in it.
 */
export interface KeyDecoder {
  push(report: Uint8Array): string;
}

export function createKeyDecoder(): KeyDecoder {
  let held: readonly number[] = [];
  return {
    push(report) {
      // A report of more than eight bytes begins with its number.
      const [modifiers = 0, , ...pressed] = report.length > bootReportBytes ? report.subarray(1) : report;
      const keys = pressed.slice(0, keysMax).filter((key) => key >= firstKey);
      const fresh = keys.filter((key) => !held.includes(key));
      held = keys;
      return fresh.map((key) => characterOf(key, modifiers)).join("");
    },
  };
}

/** HID 1.11, appendix B.1: modifiers, one reserved byte, six keys. */
const bootReportBytes = 8;
/** HID 1.11, appendix B.1. */
const keysMax = 6;
/** Lower numbers say that too many keys are pressed, or none. */
const firstKey = 0x04;
const [controls, shifts, alts] = [0x11, 0x22, 0x44];
const notText = "\u001a";

/** HID Usage Tables, page 07, from key 04 on; a space where a key types nothing that a label could hold. */
const plain = "abcdefghijklmnopqrstuvwxyz1234567890\r\u001b \t -=[]\\ ;'`,./";
const shifted = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\r\u001b \t _+{}| :"~<>?';
const space = 0x2c;
const keypad: Readonly<Record<number, string>> = Object.fromEntries(
  Array.from("/*-+\r1234567890.", (character, index) => [0x54 + index, character]),
);

/** Control and a digit or a dash, as terminals have them: RS and US. */
const controlled: Readonly<Record<string, string>> = { "6": "\u001e", "-": "\u001f" };

function characterOf(key: number, modifiers: number): string {
  if ((modifiers & alts) !== 0) return notText;
  if ((modifiers & controls) !== 0) return controlOf(plain[key - firstKey] ?? "");
  if (key === space) return " ";
  const isShifted = (modifiers & shifts) !== 0;
  const character = (isShifted ? shifted : plain)[key - firstKey] ?? keypad[key] ?? "";
  return character === " " || character === "\u001b" ? "" : character;
}

function controlOf(character: string): string {
  if (/^[a-z[\\\]]$/.test(character)) return String.fromCharCode(character.charCodeAt(0) & 0x1f);
  return controlled[character] ?? notText;
}
