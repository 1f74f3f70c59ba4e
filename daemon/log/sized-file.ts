import { closeSync, constants, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { Writable } from "node:stream";

export interface SizedFileOptions {
  readonly path: string;
  readonly bytesMax: number;
  /** How many files are kept, with the one that is written to. */
  readonly filesMax: number;
  /** Told once for each stretch of time in which the file cannot be written. */
  readonly complain: (line: string) => void;
}

export interface SizedFile {
  readonly stream: Writable;
  /** Written when this returns. Does not throw: a log that cannot be written must not stop a sale. */
  append(text: string | Buffer): void;
}

/**
 * A log file that never grows over its size. Synchronous: a till writes a few lines a minute, and winston's own file
 * transport loses lines while it rotates and says nothing when the disk is full.
 */
export function createSizedFile(options: SizedFileOptions): SizedFile {
  let open: { descriptor: number; bytes: number } | undefined;
  let failing = false;

  function append(text: string | Buffer): void {
    try {
      const chunk = typeof text === "string" ? Buffer.from(text) : text;
      if (open && open.bytes > 0 && open.bytes + chunk.length > options.bytesMax)
        open = rotate(open.descriptor, options);
      open ??= openForAppend(options.path);
      open.bytes += writeSync(open.descriptor, chunk);
      failing = false;
    } catch (error) {
      if (!failing)
        options.complain(`the log file cannot be written: ${error instanceof Error ? error.message : "unknown"}`);
      failing = true;
      open = closed(open?.descriptor);
    }
  }

  const stream = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      append(chunk);
      done();
    },
  });
  return { stream, append };
}

function openForAppend(path: string): { descriptor: number; bytes: number } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Never through a link that somebody else put there.
  const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);
  const descriptor = openSync(path, flags, 0o600);
  return { descriptor, bytes: fstatSync(descriptor).size };
}

/** `log.3` becomes `log.4`, … `log` becomes `log.1`; the oldest is overwritten. */
function rotate(descriptor: number, { path, filesMax }: SizedFileOptions): undefined {
  closed(descriptor);
  for (let number = filesMax - 1; number >= 1; number -= 1) {
    renameIfThere(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

function closed(descriptor: number | undefined): undefined {
  try {
    if (descriptor !== undefined) closeSync(descriptor);
  } catch {
    // It is gone either way.
  }
}
