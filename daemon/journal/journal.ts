import type { CheckInStore } from "../check-in/check-in-store.ts";
import { type Logger, silentLogger } from "../log/logger.ts";
import type { TillStore } from "../pairing/till-store.ts";
import type { PaymentStore } from "../payments/ports/store.ts";
import type { SweepStore } from "../payments/ports/sweep-store.ts";
import type { World } from "../world.ts";
import { AnswersInTime } from "./live/answers-in-time.ts";
import { AnchorKeeper } from "./live/anchor-keeper.ts";
import { Committer } from "./live/committer.ts";
import { DamageWatch } from "./live/damage-watch.ts";
import { healthOf, HealthWatch, type JournalHealth } from "./live/health-watch.ts";
import { Reader } from "./live/reader.ts";
import { WriteRetry } from "./live/write-retry.ts";
import { Writer } from "./live/writer.ts";
import { Mirror } from "./mirror/mirror.ts";
import { JournalOpening } from "./repair/opening.ts";
import type { UnknownRows } from "./mirror/unknown-rows.ts";
import { entryOf, journalSubject } from "./rows/chain.ts";
import { readAnchor } from "./rows/anchor.ts";
import { JournalLocked } from "./sqlite/lock.ts";
import { JournalNewer } from "./sqlite/migrations.ts";
import { journalPaths } from "./sqlite/paths.ts";
import { journalCheckInStore } from "./stores/check-in-store.ts";
import { journalPaymentStore } from "./stores/payment-store.ts";
import { journalSweepStore } from "./stores/sweep-store.ts";
import { journalTillStore } from "./stores/till-store.ts";

export { JournalLocked, JournalNewer };

export interface JournalOptions {
  /** Made when it does not exist. One daemon at a time. */
  readonly dataDir: string;
  /** For a second journal: this till's own folder, in one that must be there, on another disk. */
  readonly secondFolder?: string | undefined;
  readonly world: Pick<World, "now" | "sleep">;
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
  /** Answers as `work` does, or with `JOURNAL_FAILED` when the disk hangs: `work` may wait for it. */
  answerInTime<Value>(work: Promise<Value>): Promise<Value>;
  /** Calls `subscribe` whenever the health has changed. */
  watch(tell: (health: JournalHealth) => void): void;
  /** Writes what waits and frees the data directory. */
  close(): Promise<void>;
}

/**
 * Opens the journal, durable and checked. Throws `JournalLocked` when another daemon has it and `JournalNewer` when a newer
 * version wrote it. A disk that cannot be written does not throw: health is `failed`, appends reject, reading goes on.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { dataDir, secondFolder, world, version, log = silentLogger } = options;
  const paths = journalPaths(dataDir);
  const now = () => world.now();
  const exclusive = (work: () => Promise<void>) => writer.exclusive(work);
  const onChange = () => watch.check();
  const onPutAside = ({ payments }: UnknownRows, aside: string) => {
    for (const index of payments) {
      const entry = entryOf(journalSubject, onlyInSecond(index.paymentId, aside));
      void writer.append({ entries: [entry], index }).catch(() => undefined);
    }
  };
  const mirror =
    secondFolder === undefined
      ? undefined
      : new Mirror({ folder: secondFolder, paths, world, log, onChange, exclusive, onPutAside });
  const opening = new JournalOpening({ paths, version, now, log, mirror });
  const committer = new Committer({
    open: () => opening.open(),
    openingRows: (first) => opening.rows(first),
    seqFloor: (await readAnchor(paths.anchor))?.seq ?? 0,
    now,
    mirror,
  });
  const anchor = new AnchorKeeper(paths.anchor, world, log);
  const damage = new DamageWatch(paths, log, () => watch.check());
  const onDamage = (error: unknown) => damage.report(error);
  const onFailure = () => {
    writeRetry.check();
    watch.check();
  };
  const writer: Writer = new Writer(committer, {
    onCommit: (tail) => anchor.update(tail),
    onDamage,
    onFailure,
    onHang: (error) => answers.hang(error),
    world,
    log,
  });
  const answers = new AnswersInTime(world, () => writer.isHanging);
  const writeRetry = new WriteRetry(writer, world);
  const healthNow = () => healthOf(writer.failure ?? damage.error, [opening.notice, mirror?.notice]);
  const watch = new HealthWatch(healthNow);
  const reader = new Reader({ database: paths.database, immutable: () => writer.failure !== undefined, onDamage, log });
  await begin(writer, opening, { writeRetry, mirror });
  if (mirror !== undefined) await exclusive(() => mirror.resync());
  await reader.open();
  await anchor.write(false);
  return {
    payments: journalPaymentStore(writer, reader, () => damage.error),
    till: journalTillStore(writer, reader),
    checkIns: journalCheckInStore(writer, reader),
    sweeps: journalSweepStore(writer, reader),
    nextSeq: () => committer.nextSeq(),
    health: healthNow,
    answerInTime: (work) => answers.answer(work),
    watch: (tell) => watch.subscribe(tell),
    close: () => close({ writer, anchor, reader, opening, writeRetry, mirror }),
  };
}

/** The first write: that the daemon started. Only what forbids running at all is thrown. */
async function begin(
  writer: Writer,
  opening: JournalOpening,
  { writeRetry, mirror }: { readonly writeRetry: WriteRetry; readonly mirror: Mirror | undefined },
): Promise<void> {
  await writer.append({ entries: [] }).catch(() => undefined);
  const { failure } = writer;
  if (!(failure instanceof JournalLocked) && !(failure instanceof JournalNewer)) return;
  writeRetry.stop();
  await mirror?.close();
  await opening.release();
  throw failure;
}

async function close(parts: {
  writer: Writer;
  anchor: AnchorKeeper;
  reader: Reader;
  opening: JournalOpening;
  writeRetry: WriteRetry;
  mirror: Mirror | undefined;
}): Promise<void> {
  await parts.reader.close();
  await parts.writer.close();
  parts.writeRetry.stop();
  await parts.mirror?.close();
  await parts.anchor.write(parts.writer.failure === undefined);
  await parts.opening.release();
}

function onlyInSecond(payment: string, aside: string) {
  return { type: "onlyInSecond", aside, payment };
}
