import { BridgeError } from "../protocol/errors.ts";
import type { BridgeEvent } from "../protocol/events.ts";
import type { Params } from "../protocol/methods.ts";
import type { World } from "../world.ts";

/** A customer who scanned the till's tag. `others`: how many more customers did so for the same sale. */
export interface CheckIn {
  readonly customerToken: string;
  /** By MobilePay's time, when it was handed over. */
  readonly ageSeconds: number;
  readonly others: number;
}

export interface CheckInPorts {
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
   * True when it is this till's and can be used now or for a sale that is about to start; the same one told again is true
   * again. Throws `NOT_PAIRED`, `CHECK_IN_STALE` and what `deliver` throws; then it may be told again.
   */
  notify(told: Params<"checkIn.notify">): Promise<boolean>;
  /** For a sale that is starting: the newest check-in that is young enough. It is used up. */
  take(): CheckIn | undefined;
  /** Who was waiting for the sale that has ended is not waiting for the next. */
  saleEnded(): void;
}

interface Arrival {
  readonly customerToken: string;
  readonly initiatedAtMs: number;
  /** On the monotonic clock. */
  readonly arrivedMs: number;
}

/** A token is good for so long at MobilePay. */
const tokenSecondsMax = 15 * 60;
const waitingMax = 20;
const usedMax = 100;

export function createCheckIns(ports: CheckInPorts): CheckIns {
  return new Arrivals(ports);
}

class Arrivals implements CheckIns {
  readonly #ports: CheckInPorts;
  /** Customers who wait for a sale, the newest scan last. */
  #waiting: readonly Arrival[] = [];
  #used: readonly string[] = [];
  /** When a sale last asked for a customer. One that was taken up after a restart asked before we began. */
  #askedMs: number;
  #timesAsked = 0;
  #telling: Promise<unknown> = Promise.resolve();

  constructor(ports: CheckInPorts) {
    this.#ports = ports;
    this.#askedMs = ports.world.monotonicMs();
  }

  notify(told: Params<"checkIn.notify">): Promise<boolean> {
    const answer = this.#telling.then(() => this.#notify(told));
    this.#telling = answer.catch(() => undefined);
    return answer;
  }

  async #notify({ customerToken, merchantQrId, msn, initiatedAt }: Params<"checkIn.notify">): Promise<boolean> {
    const tagId = this.#ports.tagId();
    if (tagId === undefined) throw new BridgeError("NOT_PAIRED");
    if (msn !== this.#ports.merchantSerialNumber || merchantQrId !== tagId) return false;
    if (this.#isKnown(customerToken)) return true;
    const arrival = { customerToken, initiatedAtMs: Date.parse(initiatedAt), arrivedMs: this.#nowMs };
    if (this.#ageSeconds(arrival) > tokenSecondsMax) throw new BridgeError("CHECK_IN_STALE");
    return this.#admit(arrival);
  }

  #isKnown(token: string): boolean {
    return this.#used.includes(token) || this.#waiting.some(({ customerToken }) => customerToken === token);
  }

  async #admit(arrival: Arrival): Promise<boolean> {
    const taken = await this.#offer(arrival);
    if (!taken && !this.#waiting.includes(arrival)) return false;
    this.#ports.emit({ event: "checkIn.received", params: { waiting: taken } });
    return true;
  }

  /** True: a payment took it. Else it waits for the next sale, unless it is too old for that. */
  async #offer(arrival: Arrival): Promise<boolean> {
    let asked: number;
    do {
      asked = this.#timesAsked;
      if (this.#isFresh(arrival) && (await this.#ports.deliver(this.#handOver(arrival)))) {
        this.#use(arrival);
        return true;
      }
      // A sale that started while the answer was on its way found nobody waiting: it gets its offer too.
    } while (this.#timesAsked !== asked);
    if (this.#ageSeconds(arrival) <= this.#ports.maxAgeBeforeSaleSeconds)
      this.#waiting = inOrder([...this.#waiting, arrival]);
    return false;
  }

  take(): CheckIn | undefined {
    this.#timesAsked += 1;
    this.#askedMs = this.#nowMs;
    const newest = this.#waiting.at(-1);
    if (newest === undefined || !this.#isFresh(newest)) return undefined;
    const taken = this.#handOver(newest);
    this.#use(newest);
    return taken;
  }

  saleEnded(): void {
    this.#waiting = [];
  }

  /** Whether the scan was made after the sale asked for a customer, or not too long before. */
  #isFresh(arrival: Arrival): boolean {
    const askedSecondsAgo = (this.#nowMs - this.#askedMs) / 1000;
    return this.#ageSeconds(arrival) - askedSecondsAgo <= this.#ports.maxAgeBeforeSaleSeconds;
  }

  #handOver(arrival: Arrival): CheckIn {
    const others = this.#waiting.filter((it) => it !== arrival && this.#isFresh(it));
    return { customerToken: arrival.customerToken, ageSeconds: this.#ageSeconds(arrival), others: others.length };
  }

  #use(arrival: Arrival): void {
    this.#used = [...this.#used, arrival.customerToken].slice(-usedMax);
    this.#waiting = [];
  }

  /** The till's clock may be wrong, and a time may lie ahead: the scan is at least as old as it has been known here. */
  #ageSeconds({ initiatedAtMs, arrivedMs }: Arrival): number {
    const byMobilePay = (this.#ports.mobilePayNow() ?? initiatedAtMs) - initiatedAtMs;
    return Math.max(0, this.#nowMs - arrivedMs, byMobilePay) / 1000;
  }

  get #nowMs(): number {
    return this.#ports.world.monotonicMs();
  }
}

/** By MobilePay's clock, which told when each was scanned; they may arrive in any order. */
function inOrder(arrivals: readonly Arrival[]): readonly Arrival[] {
  return arrivals.toSorted((one, other) => one.initiatedAtMs - other.initiatedAtMs).slice(-waitingMax);
}
