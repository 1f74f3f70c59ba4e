import type { TillEvent, TillStore } from "../../daemon/pairing/till-store.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";

/** A till's journal in memory, which can refuse to write. */
export class FakeTillStore implements TillStore {
  readonly written: TillEvent[] = [];
  failing = false;

  async append(event: TillEvent): Promise<void> {
    await Promise.resolve();
    if (this.failing) throw new BridgeError("JOURNAL_FAILED");
    this.written.push(event);
  }

  events(): Promise<readonly TillEvent[]> {
    return Promise.resolve([...this.written]);
  }
}
