import type { ScanRead } from "./driver.ts";

/** AIM code letter, or letter and modifier, to what the protocol calls the symbology (ISO/IEC 15424). */
const symbologies: Readonly<Record<string, string>> = {
  A: "code39",
  C: "code128",
  C1: "gs1-128",
  d: "datamatrix",
  d2: "gs1-datamatrix",
  E: "ean13",
  E4: "ean8",
  e: "gs1-databar",
  F: "codabar",
  G: "code93",
  I: "itf",
  L: "pdf417",
  M: "msi",
  Q: "qr",
  Q3: "gs1-qr",
  z: "aztec",
};

/**
 * A label as the scanner sent it, with the AIM identifier (`]Q1`) split off where the scanner is set to send one.
 * A letter that is not in the table still is an AIM identifier, only of a symbology that has no name here.
 */
export function splitAim(label: string): ScanRead {
  const [aim = "", letter = "", modifier = ""] = /^\]([A-Za-z])([0-9A-Za-z])(?=.)/s.exec(label) ?? [];
  if (aim === "") return { kind: "scan", data: label };
  const symbology = symbologies[letter + modifier] ?? symbologies[letter];
  return { kind: "scan", data: label.slice(aim.length), aim, ...(symbology !== undefined && { symbology }) };
}
