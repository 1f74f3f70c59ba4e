import { decodeWithEci } from "./eci.ts";
import { type Encoding, textFrom } from "./encoding.ts";

/** What the AIM identifier before a label says of it, and the label without it. */
export interface AimLabel {
  /** Such as "]Q1"; undefined where the scanner sends none. */
  readonly aim?: string;
  /** What the protocol calls it; undefined where the identifier is of a kind that has no name here. */
  readonly symbology?: string;
  /** Undefined when the bytes are no text in any code page that is known or named. */
  readonly text: string | undefined;
  /** Whether the symbol says that its data are GS1's. */
  readonly isGs1: boolean;
}

/** A kind of symbol by its AIM code letter and, where it matters, modifiers (ISO/IEC 15424, annex with the modifiers of each). */
interface SymbologyRow {
  readonly letter: string;
  /** Characters, each a modifier; left out: all others. */
  readonly modifiers?: string;
  readonly name: string;
  readonly isGs1?: true;
  /** The data hold code pages (`\000026`), and each backslash twice. */
  readonly hasEci?: true;
}

/** The first row that fits counts. */
const symbologies: readonly SymbologyRow[] = [
  { letter: "A", name: "code39" },
  { letter: "B", name: "telepen" },
  { letter: "C", modifiers: "1", name: "gs1-128", isGs1: true },
  { letter: "C", name: "code128" },
  { letter: "D", name: "codeone" },
  { letter: "E", modifiers: "1", name: "add-on-2" },
  { letter: "E", modifiers: "2", name: "add-on-5" },
  { letter: "E", modifiers: "3", name: "ean13-add-on" },
  { letter: "E", modifiers: "4", name: "ean8" },
  { letter: "E", name: "ean13" },
  { letter: "F", name: "codabar" },
  { letter: "G", name: "code93" },
  { letter: "H", name: "code11" },
  { letter: "I", name: "itf" },
  { letter: "J", modifiers: "1", name: "gs1-dotcode", isGs1: true },
  { letter: "J", modifiers: "4", name: "gs1-dotcode", isGs1: true, hasEci: true },
  { letter: "J", modifiers: "35", name: "dotcode", hasEci: true },
  { letter: "J", name: "dotcode" },
  { letter: "K", name: "code16k" },
  { letter: "L", modifiers: "1", name: "pdf417", hasEci: true },
  { letter: "L", name: "pdf417" },
  { letter: "M", name: "msi" },
  { letter: "N", name: "anker" },
  { letter: "O", name: "codablock" },
  { letter: "P", name: "plessey" },
  { letter: "Q", modifiers: "3", name: "gs1-qr", isGs1: true },
  { letter: "Q", modifiers: "4", name: "gs1-qr", isGs1: true, hasEci: true },
  { letter: "Q", modifiers: "26", name: "qr", hasEci: true },
  { letter: "Q", name: "qr" },
  { letter: "R", name: "2of5" },
  { letter: "S", name: "2of5" },
  { letter: "T", name: "code49" },
  { letter: "U", modifiers: "23", name: "maxicode", hasEci: true },
  { letter: "U", name: "maxicode" },
  { letter: "d", modifiers: "2", name: "gs1-datamatrix", isGs1: true },
  { letter: "d", modifiers: "5", name: "gs1-datamatrix", isGs1: true, hasEci: true },
  { letter: "d", modifiers: "46", name: "datamatrix", hasEci: true },
  { letter: "d", name: "datamatrix" },
  { letter: "e", modifiers: "0", name: "gs1-databar", isGs1: true },
  { letter: "e", modifiers: "12", name: "gs1-composite", isGs1: true },
  { letter: "e", modifiers: "3", name: "gs1-composite", isGs1: true, hasEci: true },
  { letter: "e", name: "gs1-databar", isGs1: true },
  { letter: "h", modifiers: "1", name: "hanxin", hasEci: true },
  { letter: "h", name: "hanxin" },
  { letter: "o", name: "ocr" },
  { letter: "z", modifiers: "3459AB", name: "aztec", hasEci: true },
  { letter: "z", name: "aztec" },
];

/**
 * A label as the scanner sent it, with the AIM identifier (`]Q1`) taken off where the scanner is set to send one.
 * A letter that is not in the table still is an AIM identifier, only of a symbology that has no name here.
 */
export function splitAim(label: Uint8Array, encoding?: Encoding): AimLabel {
  const [aim = "", letter = "", modifier = ""] =
    identifier.exec(Buffer.from(label.subarray(0, 3)).toString("latin1")) ?? [];
  if (aim === "") return { text: textFrom(label, encoding), isGs1: false };
  const row = symbologies.find((it) => it.letter === letter && it.modifiers?.includes(modifier) !== false);
  const data = label.subarray(aim.length);
  return {
    aim,
    ...(row !== undefined && { symbology: row.name }),
    text: row?.hasEci === true ? decodeWithEci(data, encoding) : textFrom(data, encoding),
    isGs1: row?.isGs1 === true,
  };
}

const identifier = /^\]([A-Za-z])([0-9A-Za-z])$/;
