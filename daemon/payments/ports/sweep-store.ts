/** What a sweep found. `newest`: the last payment that it looked at, by its id. Counts of payments. */
export interface SweepReport {
  readonly newest?: string;
  readonly checked: number;
  readonly released: number;
  readonly withdrawn: number;
  /** References, the first few, of payments that do not agree with MobilePay and that only a person can bring together. */
  readonly different: readonly string[];
  /** Ids of payments about which MobilePay gave no usable answer: the next sweep looks at them too. */
  readonly unanswered?: readonly string[];
}

/** What the sweep needs of the journal. */
export interface SweepStore {
  append(swept: SweepReport): Promise<void>;
  /** The last ones, newest first, with the till's wall clock when they were written. */
  last(count: number): Promise<readonly (SweepReport & { readonly at: number })[]>;
}
