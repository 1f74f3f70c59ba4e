/** A customer who scanned the till's tag, as it is kept: the age when it arrived, by MobilePay's time. */
export interface ArrivedCheckIn {
  readonly customerToken: string;
  /** By MobilePay's clock, RFC 3339. */
  readonly initiatedAt: string;
  readonly ageSeconds: number;
}

/** `at`: the till's wall clock when it was written. `idleSince`: no payment was touched after it, so no sale can have used it. */
export interface RememberedCheckIn extends ArrivedCheckIn {
  readonly at: number;
  readonly idleSince: boolean;
}

/** What check-ins need of the journal. `append` resolves when it is durable and rejects with `JOURNAL_FAILED` otherwise. */
export interface CheckInStore {
  append(arrived: ArrivedCheckIn): Promise<void>;
  /** The newest `limit`, the oldest of them first. */
  recent(limit: number): Promise<readonly RememberedCheckIn[]>;
}
