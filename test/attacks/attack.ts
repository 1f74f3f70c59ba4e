/** A test that proves the answer: the file, and words of a title in it. */
export type Proof = readonly [file: string, title: string];

/** One attack of the list: what is tried, what must come of it, and where that is shown. */
export interface Attack {
  /** A01 to A68; never used for anything else. */
  readonly number: string;
  readonly what: string;
  readonly expected: string;
  /** Empty when it does not apply: then `why` says so. */
  readonly proofs: readonly Proof[];
  /** Why nothing is tested, or what the tests leave open. */
  readonly why?: string;
}
