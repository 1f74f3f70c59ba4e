import { type BridgeEvent, eventTable, type StampedEvent } from "../protocol/events.ts";
import type { SessionInfo } from "./calls.ts";

export type ClaimState = "held" | "waiting";

/** One for each event that is held. */
const audiencesMax = 2_000;

/**
 * Which page the scanner and the reader are for. Without a claim they are for every page. The page that claims first holds them until it
 * lets go or is gone; then the next in line gets them. No page takes them from one that is there.
 */
export class DeviceClaim {
  /** The first one holds. One entry per connection at most. */
  #queue: SessionInfo[] = [];
  /** Number of an event that was for one client alone → that client. As many as the event log holds. */
  readonly #audiences = new Map<number, string>();
  /** Sessions whose end is waited for. */
  readonly #awaited = new WeakSet<AbortSignal>();
  readonly #publish: (event: BridgeEvent) => void;

  constructor(publish: (event: BridgeEvent) => void) {
    this.#publish = publish;
  }

  claim(session: SessionInfo): ClaimState {
    if (!this.#queue.some((it) => it.id === session.id)) {
      this.#queue.push(session);
      this.#releaseWhenGone(session);
      if (this.#queue.length === 1) this.#announce();
    }
    return this.#queue[0]?.id === session.id ? "held" : "waiting";
  }

  /** Once for each session: a page may claim each time it is looked at. */
  #releaseWhenGone({ id, signal }: SessionInfo): void {
    if (this.#awaited.has(signal)) return;
    this.#awaited.add(signal);
    signal.addEventListener("abort", () => this.release(id), { once: true });
  }

  release(sessionId: string): void {
    const wasHolder = this.#queue[0]?.id === sessionId;
    this.#queue = this.#queue.filter((it) => it.id !== sessionId);
    if (wasHolder) this.#announce();
  }

  /** Called once for each event, before it is passed on: the one session that receives it now, or undefined for all. */
  audienceOf({ event, params }: StampedEvent): string | undefined {
    const [holder] = this.#queue;
    if (!holder || eventTable[event].hearers === "all") return undefined;
    this.#audiences.set(params.seq, holder.clientId);
    const [oldest] = this.#audiences.keys();
    if (this.#audiences.size > audiencesMax && oldest !== undefined) this.#audiences.delete(oldest);
    return holder.id;
  }

  /** Whether a client that missed it may receive it now. The same client, because a page that reloads is a new connection. */
  mayReplayTo({ params }: StampedEvent, clientId: string | undefined): boolean {
    const audience = this.#audiences.get(params.seq);
    return audience === undefined || audience === clientId;
  }

  #announce(): void {
    const [holder] = this.#queue;
    const params = holder ? { holder: { sessionId: holder.id, client: holder.client } } : {};
    this.#publish({ event: "device.claimChanged", params });
  }
}
