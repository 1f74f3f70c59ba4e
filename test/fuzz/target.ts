import type { ValueGenerator } from "./value-generator.ts";

/** One thing to throw at. */
export interface FuzzTarget {
  readonly name: string;
  /** One case: throws when something did not hold. Must end by itself; who does not in a minute has hung. */
  run(generator: ValueGenerator): Promise<void>;
  close(): Promise<void>;
}

/** The machine was too busy to try this case: neither good nor bad. */
export class NotTried extends Error {
  constructor() {
    super("the machine was too busy");
    this.name = "NotTried";
  }
}

/** What must never leave the daemon. */
const inside =
  /node_modules|node:internal|\bat .+:\d+:\d+|SQLITE|\/home\/|\/tmp\/|\/var\/|simulator-client-secret|subscription-key/;

/** Throws when an answer tells of the inside. */
export function checkTellsNothing(answer: string): void {
  const told = inside.exec(answer);
  if (told)
    throw new Error(
      `an answer tells of the inside: ${JSON.stringify(answer.slice(Math.max(0, told.index - 80), told.index + 120))}`,
    );
}
