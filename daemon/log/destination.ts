import { fstatSync, writeSync } from "node:fs";
import type { Writable } from "node:stream";
import { createRotatingFile } from "./rotating-file.ts";
import { errorCode } from "../errno.ts";

/** Where lines end up. */
export interface Destination {
  readonly stream: Writable;
  /** Lines begin with a priority for journald. */
  readonly journald: boolean;
  /** For the last words: written when this returns, or never. Does not throw. */
  writeNow(text: string): void;
}

const stderrDescriptor = 2;
/** The process ends with this: what a full pipe does not take now is lost. */
const triesMax = 20;
/** Enough to look back from the day on which a fault is looked into. */
const filesMax = 5;

/** `journalStream`: what systemd says in JOURNAL_STREAM. */
export function toStderr(stream: Writable, journalStream: string | undefined): Destination {
  return { stream, journald: isJournal(journalStream), writeNow };
}

/** A file that is begun anew at `megabytesMax`; the last five are kept as `name`, `name.1` … `name.4`. */
export function toFile(path: string, megabytesMax: number, complain: (line: string) => void): Destination {
  const file = createRotatingFile({ path, bytesMax: megabytesMax * 1024 * 1024, filesMax, complain });
  return { stream: file.stream, journald: false, writeNow: (text) => file.append(text) };
}

/** What a line for people begins with, so that journald keeps it as an error. Empty where stderr is not journald's. */
export function errorMark(journalStream: string | undefined): string {
  return isJournal(journalStream) ? "<3>" : "";
}

/** The variable is inherited by children whose stderr goes elsewhere: only the numbers show it (systemd.exec, $JOURNAL_STREAM). */
function isJournal(journalStream: string | undefined): boolean {
  if (!journalStream) return false;
  try {
    const { dev, ino } = fstatSync(stderrDescriptor);
    return journalStream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

function writeNow(text: string): void {
  let rest = Buffer.from(text);
  for (let tries = 0; rest.length > 0 && tries < triesMax; tries += 1) {
    try {
      rest = rest.subarray(writeSync(stderrDescriptor, rest));
    } catch (error) {
      // A full pipe is worth trying again; a closed one is not.
      if (errorCode(error) !== "EAGAIN") return;
    }
  }
}
