import type { Shop } from "../support/shop.ts";
import type { Plan } from "./plan.ts";
import type { Tell } from "./stage.ts";
import { play } from "./story.ts";

/** A story in plain lines: when (seconds), who, what. What was wrong in the end is told last. */
export async function traceScenario(plan: Plan): Promise<string[]> {
  const lines: string[] = [];
  const tellOf =
    (shop: Shop): Tell =>
    (who, what) =>
      lines.push(`${(shop.world.monotonicMs() / 1000).toFixed(3).padStart(10)}  ${who.padEnd(9)}  ${what}`);
  try {
    const { faults } = await play(plan, tellOf);
    return [...shortened(lines), ...faults.map((fault) => `     FAULT  ${fault}`)];
  } catch (error) {
    return [
      ...shortened(lines),
      `     FAULT  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    ];
  }
}

/** The same thing again and again is told once, with how often. */
function shortened(lines: readonly string[]): string[] {
  const told: { line: string; times: number }[] = [];
  for (const line of lines) {
    const last = told.at(-1);
    if (last && last.line.slice(12) === line.slice(12)) last.times += 1;
    else told.push({ line, times: 1 });
  }
  return told.map(({ line, times }) => (times === 1 ? line : `${line} (${times} times)`));
}
