/** Answers kept; the oldest go first. How long the platform keeps its own is not published. */
const answersMax = 100_000;

interface Kept<Answer> {
  readonly body: string;
  readonly answer: Answer;
}

/** What was answered under each idempotency key. A key belongs to one operation on one path of one sales unit: the scope. */
export class IdempotencyKeys<Answer> {
  readonly #kept = new Map<string, Kept<Answer>>();

  /** The earlier answer, `"conflict"` when the key came with another body, nothing when the key is new. */
  find(scope: string, key: string, body: unknown): Answer | "conflict" | undefined {
    const kept = this.#kept.get(`${scope} ${key}`);
    if (!kept) return undefined;
    return kept.body === canonical(body) ? kept.answer : "conflict";
  }

  keep(scope: string, key: string, body: unknown, answer: Answer): void {
    this.#kept.set(`${scope} ${key}`, { body: canonical(body), answer });
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > answersMax && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** JSON with sorted keys: the order of fields is not a difference. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
