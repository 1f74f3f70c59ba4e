import type { Operation } from "../faults.ts";

/** One request to the platform, for tests and people. Headers are left out: they hold keys. */
export interface RequestRecord {
  readonly operation?: Operation;
  readonly method: string;
  readonly path: string;
  readonly idempotencyKey?: string;
  readonly body: string;
  /** The status answered, also when the answer was lost. */
  readonly status: number;
  readonly fault?: string;
}

const recordsMax = 1000;

/** The last thousand requests, oldest first. */
export class RequestLog {
  readonly #records: RequestRecord[] = [];

  add(record: RequestRecord): void {
    this.#records.push(record);
    if (this.#records.length > recordsMax) this.#records.shift();
  }

  /** All that are held, or those of one operation. */
  list(operation?: Operation): RequestRecord[] {
    return this.#records.filter((record) => operation === undefined || record.operation === operation);
  }
}
