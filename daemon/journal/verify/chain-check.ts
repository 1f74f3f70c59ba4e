import type { Anchor } from "../rows/anchor.ts";
import { type ChainedRow, chainHash, chainStart, journalSubject } from "../rows/chain.ts";

/** What is wrong with a row. `seq` names it; for `deleted` it is the row that is gone, for the last three the place. */
export interface ChainFault {
  readonly kind: "edited" | "deleted" | "inserted" | "rolledBack" | "rewritten" | "grewWhileClosed";
  readonly seq: number;
}

export interface ChainVerdict {
  readonly rows: number;
  /** The first ones, in the order of the journal; empty when the chain is whole. */
  readonly faults: readonly ChainFault[];
  /** What the journal itself says went wrong with it, at the time. */
  readonly selfReported: readonly ChainedRow[];
}

/** A place that a row may be chained to. `computed`: what its hash should have been, if only that column was changed. */
interface ChainLink {
  readonly seq: number;
  readonly hash: string;
  readonly computed: string;
}

/** A person looks at the first few; the others are not named. */
const faultsMax = 20;
/** A person looks at the first few; the others are not named. */
const selfReportedMax = 100;
/** Rows that may be missing between two that are there, remembered to say which. */
const linksMax = 1000;
/** Rows in which the journal reports damage that the chain itself does not show any more. */
const selfReportTypes: ReadonlySet<string> = new Set([
  "rolledBack",
  "rewritten",
  "grewWhileClosed",
  "chainBroken",
  "continued",
  "givenBack",
]);

/**
 * Follows the chain row by row. A changed row no longer fits its own hash; a row that follows a deleted one names a `previous`
 * that is not there; a row that follows an inserted one names a `previous` further back.
 */
export class ChainCheck {
  #rows = 0;
  #links: ChainLink[] = [{ ...chainStart, computed: chainStart.hash }];
  #faults: ChainFault[] = [];
  #selfReported: ChainedRow[] = [];
  #anchorHash: string | undefined;
  readonly #anchor: Anchor | undefined;

  /** `anchor` must have been read before the first row: it moves on while the daemon runs. */
  constructor(anchor: Anchor | undefined) {
    this.#anchor = anchor;
  }

  /** The next row, in the order of `seq`. */
  add(row: ChainedRow): void {
    const before = this.#lastLink();
    const computed = chainHash(before.hash, row);
    if (!(row.previous === before.seq && row.hash === computed)) this.#judge(row, before);
    this.#links.push({ seq: row.seq, hash: row.hash, computed });
    if (this.#links.length > 2 * linksMax) this.#links = this.#links.slice(-linksMax);
    this.#rows += 1;
    if (row.seq === this.#anchor?.seq) this.#anchorHash = row.hash;
    if (row.subject === journalSubject && selfReportTypes.has(row.type) && this.#selfReported.length < selfReportedMax)
      this.#selfReported.push(row);
  }

  verdict(): ChainVerdict {
    const atEnd = this.#againstAnchor();
    return {
      rows: this.#rows,
      faults: atEnd ? [...this.#faults, atEnd] : this.#faults,
      selfReported: this.#selfReported,
    };
  }

  #lastLink(): ChainLink {
    return this.#links.at(-1) ?? { ...chainStart, computed: chainStart.hash };
  }

  #judge(row: ChainedRow, before: ChainLink): void {
    if (row.previous === before.seq && row.hash === chainHash(before.computed, row)) return;
    const place = this.#links.findLastIndex((link) => link.seq === row.previous);
    const link = this.#links[place];
    const inserted = link && continues(row, link) ? this.#links.slice(place + 1) : [];
    if (inserted.length > 0) {
      const seqs = new Set(inserted.map(({ seq }) => seq));
      this.#faults = this.#faults.filter(({ seq }) => !seqs.has(seq));
      for (const { seq } of inserted) this.#fault({ kind: "inserted", seq });
    } else if (row.previous > before.seq && !continues({ ...row, previous: before.seq }, before)) {
      this.#fault({ kind: "deleted", seq: row.previous });
    } else {
      this.#fault({ kind: "edited", seq: row.seq });
    }
  }

  #fault(fault: ChainFault): void {
    if (this.#faults.length < faultsMax) this.#faults.push(fault);
  }

  #againstAnchor(): ChainFault | undefined {
    if (this.#anchor === undefined) return undefined;
    const { seq, hash, clean } = this.#anchor;
    const end = this.#lastLink().seq;
    if (end < seq) return { kind: "rolledBack", seq: end };
    // When rows before it were found wrong, they have been named already.
    if (this.#anchorHash !== hash) return this.#faults.length > 0 ? undefined : { kind: "rewritten", seq };
    return clean && end > seq ? { kind: "grewWhileClosed", seq: end } : undefined;
  }
}

function continues(row: ChainedRow, link: ChainLink): boolean {
  return (
    row.previous === link.seq && (row.hash === chainHash(link.hash, row) || row.hash === chainHash(link.computed, row))
  );
}
