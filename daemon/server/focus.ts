import { type BridgeEvent, eventTable, type StampedEvent } from "../protocol/events.ts";
import type { SessionInfo } from "./calls.ts";

export type Claim = "held" | "waiting";

const addressedMax = 2_000;

/**
 * Which page the scanner and the reader are for. Without a claim they are for everybody. Whoever claims first holds them until it
 * lets go or is gone; then the next in line gets them. Nobody takes them from a page that is there.
 */
export class Focus {
  /** The first one holds. One entry per connection at most. */
  #line: SessionInfo[] = [];
  /** Number of an event that was for one client alone → that client. As many as the event log holds. */
  readonly #addressed = new Map<number, string>();
  readonly #publish: (event: BridgeEvent) => void;

  constructor(publish: (event: BridgeEvent) => void) {
    this.#publish = publish;
  }

  claim(session: SessionInfo): Claim {
    if (!this.#line.some((it) => it.id === session.id)) {
      this.#line.push(session);
      session.signal.addEventListener("abort", () => this.release(session.id), { once: true });
      if (this.#line.length === 1) this.#tell();
    }
    return this.#line[0]?.id === session.id ? "held" : "waiting";
  }

  release(sessionId: string): void {
    const wasHolder = this.#line[0]?.id === sessionId;
    this.#line = this.#line.filter((it) => it.id !== sessionId);
    if (wasHolder) this.#tell();
  }

  /** Called once for each event, before it is passed on: who alone hears it now, or undefined for everybody. */
  address({ event, params }: StampedEvent): string | undefined {
    const [holder] = this.#line;
    if (!holder || eventTable[event].hearers === "all") return undefined;
    this.#addressed.set(params.seq, holder.clientId);
    const [oldest] = this.#addressed.keys();
    if (this.#addressed.size > addressedMax && oldest !== undefined) this.#addressed.delete(oldest);
    return holder.id;
  }

  /** Whether a client that missed it may hear it now. The same client, because a page that reloads is a new connection. */
  mayHearAgain({ params }: StampedEvent, clientId: string | undefined): boolean {
    const addressee = this.#addressed.get(params.seq);
    return addressee === undefined || addressee === clientId;
  }

  #tell(): void {
    const [holder] = this.#line;
    const params = holder ? { holder: { sessionId: holder.id, client: holder.client } } : {};
    this.#publish({ event: "device.claimChanged", params });
  }
}
