import type { System } from "../../../service/system.ts";
import type { CommandContext } from "../command.ts";
import type { SetupOutcome } from "./check-keys.ts";
import type { SetupOptions } from "./options.ts";
import type { SetupPlan } from "./plan.ts";
import { stepsOfService } from "./service.ts";

/** `--dry-run`: what would be written and done. */
export async function showPlan(
  { file, files, isChanged, isInstalled, config }: SetupPlan,
  options: SetupOptions,
  outcome: SetupOutcome,
  context: CommandContext,
  system: System,
): Promise<number> {
  const { print } = context;
  print(isChanged ? "Would write:" : "Would write nothing: all is as it is set.");
  for (const { path, mode } of isChanged ? files : []) print(`  ${path} (${mode.toString(8).padStart(4, "0")})`);
  const settings = files.at(-1);
  for (const line of isChanged ? (settings?.text.trimEnd().split("\n") ?? []) : []) print(`    ${line}`);
  if (options.service && isInstalled) {
    print("Would make it a service:");
    const steps = await stepsOfService({ config, file }, system, context);
    for (const step of steps) print(`  ${step}`);
  }
  print(`Would give access to the POS page, in ${config.dataDir}.`);
  return outcome;
}
