import type { PaymentState } from "../../daemon/protocol/values.ts";
import type { Request } from "../support/shop.ts";

type Fact = "ABORTED" | "EXPIRED" | "TERMINATED" | "taken" | "released" | "givenBack" | "unknownThere" | "refused";

/** What MobilePay has answered the till about each payment, in all its lives: no more than this can be known to be over. */
export class Answers {
  readonly #facts = new Map<string, Set<Fact>>();

  hear({ operation, reference }: Request, answer: object): void {
    const facts = this.#facts.get(reference) ?? new Set();
    this.#facts.set(reference, facts);
    // An answer of the bank is one of these.
    const { kind, value } = answer as { kind: string; value?: Record<string, unknown> | boolean };
    if (kind === "notFound") facts.add("unknownThere");
    if (kind === "refused" && operation === "create") facts.add("refused");
    if (kind !== "ok") return;
    if (operation === "landed" && value !== false) facts.add("givenBack").add("taken");
    if (typeof value === "object") addSums(facts, value);
  }

  /** Whether this end is one that MobilePay has told of. Nothing else is over. */
  allow(reference: string, state: PaymentState): boolean {
    const needed = proofs[state];
    if (!needed) return true;
    const facts = this.#facts.get(reference);
    return needed.some((fact) => facts?.has(fact));
  }
}

const proofs: Partial<Record<PaymentState, readonly Fact[]>> = {
  rejected: ["ABORTED"],
  expired: ["EXPIRED"],
  cancelled: ["TERMINATED", "released", "unknownThere", "refused"],
  failed: ["refused"],
  refunded: ["givenBack", "released"],
  completed: ["taken"],
};

function addSums(facts: Set<Fact>, seen: Record<string, unknown>): void {
  const { state, captured, cancelled, refunded } = seen;
  if (state === "ABORTED" || state === "EXPIRED" || state === "TERMINATED") facts.add(state);
  if (Number(captured) > 0) facts.add("taken");
  if (Number(cancelled) > 0) facts.add("released");
  if (Number(refunded) > 0) facts.add("givenBack");
}
