import type { Target } from "./target.ts";

/** One attack of docs/security.md that can be tried from outside. */
export interface OutsideAttack {
  /** As in docs/security.md. */
  readonly number: string;
  readonly what: string;
  /** Without a token it is passed over. */
  readonly needsToken?: true;
  /** Starts a payment: tried against the simulator alone. */
  readonly movesMoney?: true;
  /** What the till did wrong, in words; an empty list when it held. */
  run(target: Target): Promise<string[]>;
}

/** Tries every case; names those whose outcome is none of the expected. */
export async function mismatches<Case>(
  cases: readonly Case[],
  nameOf: (it: Case) => string,
  expected: readonly string[],
  outcomeOf: (it: Case) => Promise<string>,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const it of cases) {
    const outcome = await outcomeOf(it);
    if (!expected.includes(outcome)) wrong.push(`${nameOf(it)}: ${outcome}, expected ${expected.join(" or ")}`);
  }
  return wrong;
}
