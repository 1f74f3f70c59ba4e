import { lstatSync, readFileSync } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { platform, userInfo } from "node:os";
import { join } from "node:path";
import { sleep } from "../../world.ts";
import { writePrivateFile } from "./private-file.ts";
import { type AccessRecord, accessRecord, type Change, emptyRecord } from "./record.ts";
import { errorCode } from "../../errno.ts";

/** `access.json` in the data directory. Several processes may change it: the daemon and the command line. */
export interface AccessFile {
  readonly name: string;
  /** As it is on disk; an empty record when there is no file. Throws `AccessFileError`. */
  read(): AccessRecord;
  /** Changes with every change of the file. Costs one look at the folder, so it can be asked before every use. */
  version(): string;
  /** Reads, changes and writes while no other process does. Durable when it resolves. Throws `AccessFileError`. */
  update<Answer>(change: (record: AccessRecord) => Change<Answer>): Promise<Answer>;
}

/** The file cannot be trusted or used. The message is for the person who looks after the till. */
export class AccessFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AccessFileError";
  }
}

const fileName = "access.json";
/** A hundred clients fill a small part of it. */
const bytesMax = 1024 * 1024;
const othersMayRead = 0o077;
/** An update takes a few milliseconds. */
const lockTryMs = 20;
/** Three seconds: no process that is alive holds it so long. */
const lockTriesMax = 150;

export function accessFile(dataDir: string): AccessFile {
  const path = join(dataDir, fileName);
  return {
    name: fileName,
    read: () => readRecord(path),
    version: () => versionOf(path),
    async update(change) {
      await makeFolder(dataDir);
      return withLock(`${path}.lock`, () => updateRecord(path, change));
    },
  };
}

function readRecord(path: string): AccessRecord {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return emptyRecord;
  if (!found.isFile()) throw new AccessFileError(`${fileName} must be a plain file`);
  if (found.size > bytesMax) throw new AccessFileError(`${fileName} is larger than it can be`);
  refuseWhenExposed(found.mode, found.uid);
  return parseRecord(readFileSync(path, "utf8"));
}

/** A user who can read the file can try codes; one who can write it can get access. Windows keeps this in lists, not in a mode. */
function refuseWhenExposed(mode: number, owner: number): void {
  if (platform() === "win32") return;
  if ((mode & othersMayRead) !== 0) {
    throw new AccessFileError(
      `${fileName} can be read or written by others: make it readable by the service alone (chmod 600)`,
    );
  }
  const { uid } = userInfo();
  if (uid !== 0 && uid !== owner) throw new AccessFileError(`${fileName} belongs to another user`);
}

function parseRecord(text: string): AccessRecord {
  try {
    return accessRecord.parse(JSON.parse(text));
  } catch {
    throw new AccessFileError(`${fileName} is damaged: put a copy back, or remove it and grant access anew`);
  }
}

function versionOf(path: string): string {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino}:${found.mtimeNs}:${found.ctimeNs}:${found.size}:${found.mode}` : "none";
}

/** Access may be granted before the daemon has ever run. */
async function makeFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explained(error);
  }
}

async function updateRecord<Answer>(path: string, change: (record: AccessRecord) => Change<Answer>): Promise<Answer> {
  const before = readRecord(path);
  const { record, answer } = change(before);
  if (record !== before) await writePrivateFile(path, `${JSON.stringify(record, undefined, 2)}\n`);
  return answer;
}

async function withLock<Answer>(lock: string, work: () => Promise<Answer>): Promise<Answer> {
  await takeLock(lock);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/**
 * A process that was killed while it held the lock never gives it back. An update takes milliseconds, so a lock that stays the same
 * all the while we wait has no owner. The wait is real time, whatever world the caller lives in: the other one is a process of its own.
 */
async function takeLock(lock: string): Promise<void> {
  let seen = "";
  let seenTimes = 0;
  for (let tries = 0; tries < lockTriesMax * 3; tries += 1) {
    if (await isLockMade(lock)) return;
    const now = versionOf(lock);
    seenTimes = now === seen ? seenTimes + 1 : 0;
    seen = now;
    if (seenTimes === lockTriesMax) await rm(lock, { force: true });
    await sleep(lockTryMs);
  }
  throw new AccessFileError(`${fileName} is being changed by other programs all the time`);
}

async function isLockMade(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, "wx", 0o600);
    await file.close();
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw explained(error);
  }
}

function explained(error: unknown): AccessFileError {
  return new AccessFileError(`the data directory cannot be written (${errorCode(error)})`);
}
