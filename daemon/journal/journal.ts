import type { CheckInStore } from "../check-in/check-in-store.ts";
import { type Logger, silentLogger } from "../log/logger.ts";
import type { TillStore } from "../pairing/till-store.ts";
import type { PaymentStore } from "../payments/ports/store.ts";
import type { SweepStore } from "../payments/ports/sweep-store.ts";
import type { World } from "../world.ts";
import { AnchorKeeper } from "./live/anchor-keeper.ts";
import { Committer } from "./live/committer.ts";
import { DamageWatch } from "./live/damage-watch.ts";
import { healthOf, HealthWatch, type JournalHealth } from "./live/health-watch.ts";
import { Reader } from "./live/reader.ts";
import { SecondTry } from "./live/write-retry.ts";
import { Writer } from "./live/writer.ts";
import { SecondJournal } from "./mirror/mirror.ts";
import { JournalOpening } from "./repair/opening.ts";
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
  const { dataDir, secondFolder, world, version, log = silentLogger } = options;
  const paths = journalPaths(dataDir);
  const now = () => world.now();
  const between = (work: () => Promise<void>) => writer.between(work);
  const onChange = () => watch.look();
  const second =
    secondFolder === undefined
      ? undefined
      : new SecondJournal({ folder: secondFolder, paths, world, log, onChange, between });
  const opening = new JournalOpening({ paths, version, now, log, second });
  const committer = new Committer({
    open: () => opening.open(),
    opening: (first) => opening.rows(first),
    seqFloor: (await readAnchor(paths.anchor))?.seq ?? 0,
    now,
    second,
  });
  const anchor = new AnchorKeeper(paths.anchor, world, log);
  const damage = new DamageWatch(paths, log, () => watch.look());
  const onDamage = (error: unknown) => damage.seen(error);
  const onFailure = () => {
    secondTry.look();
    watch.look();
  };
  const writer: Writer = new Writer(committer, { onCommit: (tail) => anchor.note(tail), onDamage, onFailure, log });
  const secondTry = new SecondTry(writer, world);
  const healthNow = () => healthOf(writer.failure ?? damage.error, [opening.notice, second?.notice]);
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
  await parts.reader.close();
  await parts.writer.close();
  parts.secondTry.stop();
  await parts.second?.close();
  await parts.anchor.write(parts.writer.failure === undefined);
  await parts.opening.release();
}
