import type { CommandRow } from "./command.ts";

/** The commands that the developer's kit answers, where it lies beside the till. */
export const kitNames = ["simulator", "demo", "certify", "attack"] as const;

export type KitCommand = (typeof kitNames)[number];
export type Kit = Readonly<Record<KitCommand, CommandRow>>;

/** Loads the kit; undefined where it was left out. The till itself never does. */
export type LoadKit = () => Promise<Kit | undefined>;

export function isKitCommand(name: string): name is KitCommand {
  return kitNames.some((it) => it === name);
}
