import { withDeadline } from "../../deadline.ts";
import type { Decision } from "../../protocol/values.ts";
import { sleep } from "../../world.ts";

/** What a POS is told to do. */
export type PosCommand =
  | { readonly do: "sell"; readonly saleId: string; readonly value: number; readonly phoneNumber: string }
  | { readonly do: "cancel"; readonly saleId: string }
  | { readonly do: "refund"; readonly refundId: string; readonly receiptNumber: string; readonly value: number }
  | { readonly do: "decide"; readonly saleId: string; readonly decision: Decision };

/** What a POS says came of it. Whatever it is, it was not made here. */
export interface PosReply {
  readonly saleId?: unknown;
  readonly refundId?: unknown;
  /** `paid`, `notPaid`, `needsDecision`; `refunded`, `refused`. */
  readonly outcome?: unknown;
  readonly receiptNumber?: unknown;
  /** Why there is no outcome. */
  readonly failed?: string;
}

/** The POS that is tried: a program, or a page in a browser. */
export interface Pos {
  /** Opens it, with what it kept. Rejects when it cannot be opened. */
  start(): Promise<void>;
  tell(order: PosCommand): void;
  /** What it said about this sale or refund since it was last asked. Undefined when it says nothing in time. */
  said(id: string): Promise<PosReply | undefined>;
  /** As when somebody presses F5. */
  reload(): Promise<void>;
  /** As when the power goes: what it kept stays. */
  kill(): Promise<void>;
  /** What the cashier sees, as PNG; a program shows nothing. */
  picture?(): Promise<Uint8Array>;
  close(): Promise<void>;
}

const saidMax = 1_000;

/** What was said and not asked for yet. */
export class Heard {
  readonly #waitMs: number;
  readonly #watching = new Set<() => void>();
  #said: PosReply[] = [];

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  add(said: PosReply): void {
    if (this.#said.length >= saidMax) return;
    this.#said.push(said);
    for (const look of this.#watching) look();
  }

  async about(id: string): Promise<PosReply | undefined> {
    const { promise, resolve } = Promise.withResolvers<PosReply>();
    const look = () => {
      const found = this.#said.find((it) => it.saleId === id || it.refundId === id);
      if (found) resolve(found);
    };
    this.#watching.add(look);
    look();
    const found = await withDeadline({ sleep }, this.#waitMs, promise, () => undefined);
    this.#watching.delete(look);
    this.#said = this.#said.filter((it) => it !== found);
    return found;
  }
}
