import { type Logger, silentLogger } from "../log/logger.ts";
import type { CheckInStore } from "../check-in/check-in-store.ts";
import type { TillStore } from "../pairing/till-store.ts";
import type { PaymentStore } from "../payments/ports/store.ts";
import type { SweepStore } from "../payments/ports/sweep-store.ts";
import { readAnchor } from "./anchor.ts";
import { AnchorKeeper } from "./anchor-keeper.ts";
import { journalCheckInStore } from "./check-in-store.ts";
import { Committer } from "./committer.ts";
import { DamageWatch } from "./damage.ts";
import { describe, type JournalHealth } from "./health.ts";
import { HealthWatch } from "./health-watch.ts";
import { journalPaths } from "./journal-file.ts";
import { JournalLocked } from "./lock.ts";
import { JournalNewer } from "./migrations.ts";
import { JournalOpening } from "./opening.ts";
import { journalPaymentStore } from "./payment-store.ts";
import { Reader } from "./reader.ts";
import { SecondJournal } from "./second-journal.ts";
import { SecondTry } from "./second-try.ts";
import { journalSweepStore } from "./sweep-store.ts";
import { journalTillStore } from "./till-store.ts";
import { Writer } from "./writer.ts";

export interface JournalOptions {
  /** Made when it does not exist. One daemon at a time. */
  readonly dataDir: string;
  /** For a second journal: this till's own folder, in one that must be there, on another disk. */
  readonly secondFolder?: string | undefined;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly version: string;
  readonly log?: Logger;
}

export interface Journal {
  readonly payments: PaymentStore;
  readonly till: TillStore;
  readonly checkIns: CheckInStore;
  readonly sweeps: SweepStore;
  /** The next sequence number, for an event that is not stored. Numbers only grow, across restarts too. */
  nextSeq(): number;
  health(): JournalHealth;
  /** Calls `tell` whenever the health has changed. */
  watch(tell: (health: JournalHealth) => void): void;
  /** Writes what waits and frees the data directory. */
  close(): Promise<void>;
}

/**
 * Opens the journal, durable and checked. Throws `JournalLocked` when another daemon has it and `JournalNewer` when a newer
 * version wrote it. A disk that cannot be written does not throw: health is `failed`, appends reject, reading goes on.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { dataDir, secondFolder, now, version, log = silentLogger } = options;
  const paths = journalPaths(dataDir);
  const between = (work: () => Promise<void>) => writer.between(work);
  const onChange = () => watch.look();
  const second =
    secondFolder === undefined
      ? undefined
      : new SecondJournal({ folder: secondFolder, paths, now, log, onChange, between });
  const opening = new JournalOpening({ paths, version, now, log, second });
  const committer = new Committer({
    open: () => opening.open(),
    opening: (first) => opening.rows(first),
    seqFloor: (await readAnchor(paths.anchor))?.seq ?? 0,
    now,
    second,
  });
  const anchor = new AnchorKeeper(paths.anchor, log);
  const damage = new DamageWatch(paths, log, () => watch.look());
  const onDamage = (error: unknown) => damage.seen(error);
  const onFailure = () => {
    secondTry.look();
    watch.look();
  };
  const writer: Writer = new Writer(committer, { onCommit: (tail) => anchor.note(tail), onDamage, onFailure, log });
  const secondTry = new SecondTry(writer);
  const healthNow = () => health(writer.failure ?? damage.error, [opening.notice, second?.notice]);
  const watch = new HealthWatch(healthNow);
  const reader = new Reader({ database: paths.database, frozen: () => writer.failure !== undefined, onDamage, log });
  await begin(writer, opening, { secondTry, second });
  if (second !== undefined) await between(() => second.join());
  await reader.open();
  await anchor.write(false);
  return {
    payments: journalPaymentStore(writer, reader, () => damage.error),
    till: journalTillStore(writer, reader),
    checkIns: journalCheckInStore(writer, reader),
    sweeps: journalSweepStore(writer, reader),
    nextSeq: () => committer.nextSeq(),
    health: healthNow,
    watch: (tell) => watch.tell(tell),
    close: () => close({ writer, anchor, reader, opening, secondTry, second }),
  };
}

/** The first write: that the daemon started. Only what forbids running at all is thrown. */
async function begin(
  writer: Writer,
  opening: JournalOpening,
  { secondTry, second }: { readonly secondTry: SecondTry; readonly second: SecondJournal | undefined },
): Promise<void> {
  await writer.append({ entries: [] }).catch(() => undefined);
  const { failure } = writer;
  if (!(failure instanceof JournalLocked) && !(failure instanceof JournalNewer)) return;
  secondTry.stop();
  await second?.close();
  await opening.release();
  throw failure;
}

async function close(parts: {
  writer: Writer;
  anchor: AnchorKeeper;
  reader: Reader;
  opening: JournalOpening;
  secondTry: SecondTry;
  second: SecondJournal | undefined;
}): Promise<void> {
  parts.secondTry.stop();
  await parts.reader.close();
  await parts.writer.close();
  await parts.second?.close();
  await parts.anchor.write(parts.writer.failure === undefined);
  await parts.opening.release();
}

function health(failure: unknown, notices: readonly (string | undefined)[]): JournalHealth {
  if (failure !== undefined) return { state: "failed", detail: describe(failure) };
  const told = notices.filter((notice) => notice !== undefined);
  return told.length === 0 ? { state: "ok" } : { state: "ok", detail: told.join("; ") };
}
