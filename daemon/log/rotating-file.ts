import { closeSync, constants, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { Writable } from "node:stream";
import { errorCode } from "../errno.ts";

export interface RotatingFileOptions {
  readonly path: string;
  readonly bytesMax: number;
  /** How many files are kept, with the one that is written to. */
  readonly filesMax: number;
  /** Called once for each stretch of time in which the file cannot be written. */
  readonly complain: (line: string) => void;
}

export interface RotatingFile {
  readonly stream: Writable;
  /** Written when this returns. Does not throw: a log that cannot be written must not stop a sale. */
  append(text: string | Buffer): void;
}

/**
 * A log file that never grows over its size. Synchronous: a till writes a few lines a minute, and winston's own file
 * transport loses lines while it rotates and says nothing when the disk is full.
 */
export function createRotatingFile(options: RotatingFileOptions): RotatingFile {
  let open: OpenFile | undefined;
  let failing = false;

  function append(text: string | Buffer): void {
    try {
      const chunk = typeof text === "string" ? Buffer.from(text) : text;
      open ??= openForAppend(options.path);
      const refused = makeRoom(open, chunk.length);
      open ??= openForAppend(options.path);
      if (refused && open.bytes + chunk.length > options.bytesMax * 2) throw refused.why;
      open.bytes += writeSync(open.descriptor, chunk);
      if (refused) complain("begun anew", refused.why);
      else failing = false;
    } catch (error) {
      complain("written", error);
      open = closed(open?.descriptor);
    }
  }

  /** Windows renames no file that another process has open without leave for that: better a file too long than one with gaps. */
  function makeRoom({ descriptor, bytes }: OpenFile, more: number): { readonly why: unknown } | undefined {
    if (bytes === 0 || bytes + more <= options.bytesMax) return undefined;
    open = closed(descriptor);
    try {
      rotate(options);
      return undefined;
    } catch (why) {
      return { why };
    }
  }

  function complain(what: string, error: unknown): void {
    if (!failing)
      options.complain(`the log file cannot be ${what}: ${error instanceof Error ? error.message : "unknown"}`);
    failing = true;
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

interface OpenFile {
  readonly descriptor: number;
  bytes: number;
}

function openForAppend(path: string): OpenFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Never through a link that another user put there.
  const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);
  const descriptor = openSync(path, flags, 0o600);
  return { descriptor, bytes: fstatSync(descriptor).size };
}

/** `log.3` becomes `log.4`, … `log` becomes `log.1`; the oldest is overwritten. */
function rotate({ path, filesMax }: RotatingFileOptions): void {
  for (let number = filesMax - 1; number >= 1; number -= 1) {
    renameIfThere(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

function closed(descriptor: number | undefined): undefined {
  try {
    if (descriptor !== undefined) closeSync(descriptor);
  } catch {
    // It is gone either way.
  }
}
