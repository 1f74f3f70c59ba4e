import { gzipSync } from "node:zlib";

/** A file in an archive. */
export interface ArchivedFile {
  /** With its folder; at most 100 ASCII characters. */
  readonly name: string;
  readonly text: string;
}

/** POSIX.1-2001, ustar interchange format. */
const blockBytes = 512;

/** A .tar.gz that any system opens (POSIX ustar). `now`: milliseconds since 1970, the time that every file gets. */
export function tarGz(files: readonly ArchivedFile[], now: number): Buffer {
  const parts = files.flatMap(({ name, text }) => {
    const content = Buffer.from(text);
    return [headOf(name, content.length, now), content, Buffer.alloc(-content.length & (blockBytes - 1))];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]));
}

/** One block: text and octal numbers at fixed places, with a sum over itself in which the sum's own place counts as blanks. */
function headOf(name: string, bytes: number, now: number): Buffer {
  const head = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => `${Math.floor(value).toString(8).padStart(digits, "0")}\0`;
  const fields: [at: number, text: string][] = [
    [0, name],
    [100, octal(0o600, 7)],
    [108, octal(0, 7)],
    [116, octal(0, 7)],
    [124, octal(bytes, 11)],
    [136, octal(now / 1000, 11)],
    [148, " ".repeat(8)],
    [156, "0"],
    [257, "ustar\0"],
    [263, "00"],
  ];
  for (const [at, text] of fields) head.write(text, at, "ascii");
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${octal(sum, 6)} `, 148, "ascii");
  return head;
}
