import { BridgeError } from "../protocol/errors.ts";
import type { BridgeEvent } from "../protocol/events.ts";
import type { Params } from "../protocol/methods.ts";
import type { World } from "../world.ts";
import type { CheckInStore, RememberedCheckIn } from "./check-in-store.ts";
import { SerialQueue } from "../serial-queue.ts";

/** A customer who scanned the till's tag. `others`: how many more customers did so for the same sale. */
export interface CheckIn {
  readonly customerToken: string;
  /** By MobilePay's time, when it was handed over. */
  readonly ageSeconds: number;
  readonly others: number;
}

/** `sentAt`: when MobilePay sent it, by MobilePay's clock, where that is known for certain. */
export interface CheckInNotice extends Params<"checkIn.notify"> {
  readonly sentAt?: string;
}

export interface CheckInPorts {
  readonly store: CheckInStore;
  readonly merchantSerialNumber: string;
  /** A check-in from before the sale counts for it only if it is younger than this. */
  readonly maxAgeBeforeSaleSeconds: number;
  readonly world: World;
  readonly tagId: () => string | undefined;
  /** MobilePay's clock, milliseconds since 1970; undefined until MobilePay has answered anything. */
  readonly mobilePayNow: () => number | undefined;
  /** Gives the check-in to a payment that waits for one. True: it is durable there and used up. */
  readonly deliver: (checkIn: CheckIn) => Promise<boolean>;
  readonly emit: (event: BridgeEvent) => void;
}

/** Which customer stands at the till: each check-in is used once, the newest wins, and an old one is never taken for the next customer. */
export interface CheckIns {
  /**
   * True when it is this till's, on disk, and can be used now or for a sale that is about to start; the same one notified again is
   * true again. Throws `NOT_PAIRED`, `CHECK_IN_STALE`, `JOURNAL_FAILED` and what `deliver` throws; then it may be notified again.
   */
  notify(notice: CheckInNotice): Promise<boolean>;
  /** For a sale that is starting: the newest check-in that is young enough. It is used up. */
  consumeNewest(): CheckIn | undefined;
  /** A payment from before a restart is shown again and waits for a customer, who may be here already. */
  assignNewest(): Promise<void>;
  /** Who was waiting for the sale that has ended is not waiting for the next. */
  onSaleEnded(): void;
}

interface Arrival {
  readonly customerToken: string;
  readonly initiatedAtMs: number;
  /** How old it was when it arrived, as far as MobilePay's own times show. */
  readonly ageThenMs: number;
  /** On the monotonic clock. */
  readonly arrivedMs: number;
}

/** A token is good for so long at MobilePay. */
const tokenSecondsMax = 15 * 60;
/** More customers than ever stand at one counter; each costs a few hundred bytes. */
const waitingMax = 20;
/** What can come again: MobilePay repeats a webhook for as long as a token lives, 15 minutes. */
const knownMax = 200;

/** Reads what is on disk. Rejects with `JOURNAL_FAILED` as the store does. */
export async function openCheckIns(ports: CheckInPorts): Promise<CheckIns> {
  return new CheckInQueue(ports, await ports.store.recent(knownMax));
}

class CheckInQueue implements CheckIns {
  readonly #ports: CheckInPorts;
  /** Customers who wait for a sale, the newest scan last. */
  #waiting: readonly Arrival[];
  /** Tokens of all that were taken in, used or not. */
  #knownTokens: readonly string[];
  /** When a sale last asked for a customer. One that was taken up after a restart asked before we began. */
  #awaitedSinceMs: number;
  #awaitedCount = 0;
  /** Customers who were given to the sale that goes on now. */
  #assignedCount = 0;
  readonly #queue = new SerialQueue();

  constructor(ports: CheckInPorts, remembered: readonly RememberedCheckIn[]) {
    this.#ports = ports;
    this.#awaitedSinceMs = ports.world.monotonicMs();
    this.#knownTokens = remembered.map(({ customerToken }) => customerToken);
    this.#waiting = inOrder(remembered.flatMap((it) => stillWaiting(it, ports.world)));
  }

  notify(notice: CheckInNotice): Promise<boolean> {
    return this.#queue.run(() => this.#notify(notice));
  }

  assignNewest(): Promise<void> {
    return this.#queue.run(async () => {
      const newest = this.#waiting.at(-1);
      if (newest) await this.#tryAssign(newest);
    });
  }

  async #notify(notice: CheckInNotice): Promise<boolean> {
    const { customerToken, merchantQrId, msn, initiatedAt } = notice;
    const tagId = this.#ports.tagId();
    if (tagId === undefined) throw new BridgeError("NOT_PAIRED");
    if (msn !== this.#ports.merchantSerialNumber || merchantQrId !== tagId) return false;
    const waiting = this.#waiting.find((it) => it.customerToken === customerToken);
    if (waiting) return this.#accept(waiting, false);
    if (this.#knownTokens.includes(customerToken)) return true;
    const arrival = this.#arrivalOf(notice);
    const ageSeconds = this.#ageSeconds(arrival);
    if (ageSeconds > tokenSecondsMax) throw new BridgeError("CHECK_IN_STALE");
    if (!this.#isFresh(arrival)) return false;
    await this.#ports.store.append({ customerToken, initiatedAt, ageSeconds });
    return this.#accept(arrival, true);
  }

  #arrivalOf({ customerToken, initiatedAt, sentAt }: CheckInNotice): Arrival {
    const initiatedAtMs = Date.parse(initiatedAt);
    const ageThenMs = sentAt === undefined ? 0 : Math.max(0, Date.parse(sentAt) - initiatedAtMs);
    return { customerToken, initiatedAtMs, ageThenMs, arrivedMs: this.#nowMs };
  }

  async #accept(arrival: Arrival, isNews: boolean): Promise<boolean> {
    const taken = await this.#tryAssign(arrival);
    if (!taken && !this.#waiting.includes(arrival)) return false;
    if (isNews) this.#knownTokens = [...this.#knownTokens, arrival.customerToken].slice(-knownMax);
    const others = this.#assignedCount + this.#waiting.length - 1;
    if (isNews) this.#ports.emit({ event: "checkIn.received", params: { waiting: taken, others } });
    return true;
  }

  /** True: a payment took it. Else it waits for the next sale, unless it is too old for that. */
  async #tryAssign(arrival: Arrival): Promise<boolean> {
    // While it is being offered no other sale may take it.
    this.#waiting = this.#waiting.filter((it) => it !== arrival);
    try {
      if (await this.#isDelivered(arrival)) {
        this.#consume(arrival);
        return true;
      }
    } catch (error) {
      this.#enqueue(arrival);
      throw error;
    }
    this.#enqueue(arrival);
    return false;
  }

  async #isDelivered(arrival: Arrival): Promise<boolean> {
    let awaitedBefore: number;
    do {
      awaitedBefore = this.#awaitedCount;
      if (this.#isFresh(arrival) && (await this.#ports.deliver(this.#checkInOf(arrival)))) return true;
      // A sale that started while the answer was on its way found no customer waiting: it gets its offer too.
    } while (this.#awaitedCount !== awaitedBefore);
    return false;
  }

  #enqueue(arrival: Arrival): void {
    if (this.#ageSeconds(arrival) <= this.#ports.maxAgeBeforeSaleSeconds)
      this.#waiting = inOrder([...this.#waiting, arrival]);
  }

  consumeNewest(): CheckIn | undefined {
    this.#awaitedCount += 1;
    this.#awaitedSinceMs = this.#nowMs;
    const newest = this.#waiting.at(-1);
    if (newest === undefined || !this.#isFresh(newest)) return undefined;
    const taken = this.#checkInOf(newest);
    this.#consume(newest);
    return taken;
  }

  onSaleEnded(): void {
    this.#waiting = [];
    this.#assignedCount = 0;
  }

  /** Whether the scan was made after the sale asked for a customer, or not too long before. */
  #isFresh(arrival: Arrival): boolean {
    const askedSecondsAgo = (this.#nowMs - this.#awaitedSinceMs) / 1000;
    return this.#ageSeconds(arrival) - askedSecondsAgo <= this.#ports.maxAgeBeforeSaleSeconds;
  }

  #checkInOf(arrival: Arrival): CheckIn {
    const others = this.#waiting.filter((it) => it !== arrival && this.#isFresh(it));
    return { customerToken: arrival.customerToken, ageSeconds: this.#ageSeconds(arrival), others: others.length };
  }

  /** The others scanned for the same sale, and it has its customer. */
  #consume(arrival: Arrival): void {
    this.#assignedCount += 1 + this.#waiting.filter((it) => it !== arrival).length;
    this.#waiting = [];
  }

  /** The till's clock may be wrong, and a time may lie ahead: the scan is at least as old as it has been known here. */
  #ageSeconds({ initiatedAtMs, ageThenMs, arrivedMs }: Arrival): number {
    const byMobilePay = (this.#ports.mobilePayNow() ?? initiatedAtMs) - initiatedAtMs;
    return Math.max(0, this.#nowMs - arrivedMs + ageThenMs, byMobilePay) / 1000;
  }

  get #nowMs(): number {
    return this.#ports.world.monotonicMs();
  }
}

/** By the time of each scan, on MobilePay's clock; they may arrive in any order. */
function inOrder(arrivals: readonly Arrival[]): readonly Arrival[] {
  return arrivals.toSorted((one, other) => one.initiatedAtMs - other.initiatedAtMs).slice(-waitingMax);
}

/** From before a restart. Where the wall clock went back meanwhile, it is not known how long ago that was. */
function stillWaiting(
  { customerToken, initiatedAt, ageSeconds, at, idleSince }: RememberedCheckIn,
  world: World,
): Arrival[] {
  const agoMs = world.now() - at;
  if (!idleSince || agoMs < 0 || agoMs > tokenSecondsMax * 1000) return [];
  const arrivedMs = world.monotonicMs() - agoMs;
  return [{ customerToken, initiatedAtMs: Date.parse(initiatedAt), ageThenMs: ageSeconds * 1000, arrivedMs }];
}
