import { carryOut, headline, StepFailed } from "../../../service/carry-out.ts";
import { CannotInstall } from "../../../service/installation.ts";
import type { System } from "../../../service/system.ts";
import type { Config } from "../../config/config.ts";
import type { CommandContext } from "../command.ts";
import { askHealth } from "../system/health.ts";
import { planToInstall } from "../service/command.ts";
import { showUnit, unitName } from "../system/systemd.ts";

/** The settings of the till, and where they stand. */
interface SetUp {
  readonly config: Config;
  readonly file: string;
}

/** A till is ready within 2 s (docs/install.md); this is for the slowest of them. */
const startMsMax = 20_000;
/** Seen as at once by the operator at the terminal. */
const askEveryMs = 200;

/**
 * Makes the till a service of this computer, lets the browsers through to it, and waits until it answers. Undefined when it does; else
 * why not, and what to do.
 */
export async function startService(
  { config, file, isChanged }: SetUp & { readonly isChanged: boolean },
  system: System,
  context: CommandContext,
): Promise<string | undefined> {
  const before = await showUnit(system);
  if (before?.ActiveState === "failed") await system.run(["systemctl", "reset-failed", unitName]);
  try {
    await carryOut(await planToInstall(config.origins, file, system, context), system, (step) =>
      context.print(headline(step)),
    );
  } catch (error) {
    if (error instanceof CannotInstall || error instanceof StepFailed) return `${error.message}.${where(before)}`;
    throw error;
  }
  if (before?.ActiveState === "active" && isChanged) {
    const { code, said } = await system.run(["systemctl", "restart", unitName]);
    if (code !== 0) return `the service did not start anew (${lastLine(said)}).${where(before)}`;
  }
  return (await answers(config.listen, context)) ? undefined : `the service does not answer.${where(before)}`;
}

/** The same as a dry run: what would be done, a line each. */
export async function stepsOfService(
  { config, file }: SetUp,
  system: System,
  context: CommandContext,
): Promise<string[]> {
  try {
    return (await planToInstall(config.origins, file, system, context)).map(headline);
  } catch (error) {
    if (error instanceof CannotInstall) return [`nothing: ${error.message}`];
    throw error;
  }
}

function where(unit: unknown): string {
  return unit === undefined ? " See tillbridge doctor." : " See tillbridge doctor, and journalctl -u tillbridge -n 30.";
}

/** With port 0 only the service itself knows where it listens. */
async function answers({ port, tls }: Config["listen"], { world }: CommandContext): Promise<boolean> {
  if (port === 0) return true;
  const until = world.monotonicMs() + startMsMax;
  while (world.monotonicMs() < until) {
    if ((await askHealth(port, tls !== undefined)) !== undefined) return true;
    await world.sleep(askEveryMs);
  }
  return false;
}

function lastLine(said: string): string {
  return said.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
}
