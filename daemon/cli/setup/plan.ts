import { readFileSync } from "node:fs";
import { serviceAccountOn } from "../../../service/account.ts";
import type { TargetPlatform } from "../../../service/plan.ts";
import type { System } from "../../../service/system.ts";
import { type Config, ConfigError, configIn } from "../../config/config.ts";
import { valueIn, withEdits } from "../../config/edit.ts";
import { type CommandContext, UsageError } from "../command.ts";
import { unsafeEnvironment } from "../system/process-environment.ts";
import type { Places } from "../system/places.ts";
import type { DevicePaths } from "../../../drivers/device-paths.ts";
import type { SetupAnswers } from "./gather.ts";
import { secretFile } from "../system/secret-places.ts";
import { withSecrets } from "./secrets.ts";
import { hintFor } from "./words.ts";
import type { FileToWrite } from "./write-files.ts";

/** The computer that is set up. */
export interface TargetHost {
  readonly platform: TargetPlatform;
  readonly places: Places;
  readonly devicePaths: DevicePaths;
  readonly system: System;
}

/** What setup will write, before it writes anything. */
export interface SetupPlan {
  readonly file: string;
  readonly config: Config;
  /** What a service that runs goes by: the settings as they are. */
  readonly present: Config;
  readonly files: readonly FileToWrite[];
  readonly isChanged: boolean;
  /** The settings stand where the installed service reads them. */
  readonly isInstalled: boolean;
}

/** Throws `UsageError` for settings that no till could run by. */
export function planFor(
  file: string,
  before: string | undefined,
  answers: SetupAnswers,
  context: CommandContext,
  { platform: system, places }: TargetHost,
): SetupPlan {
  const account = serviceAccountOn(system);
  const isInstalled = file === places.settings;
  const dataDir = { path: ["dataDir"], value: isInstalled ? places.dataDir : "data" };
  const needsDataDir =
    valueIn(before, dataDir.path) === undefined && !answers.edits.some(({ path }) => path[0] === "dataDir");
  const text = withEdits(before, [...answers.edits, ...(needsDataDir ? [dataDir] : [])]);
  const config = parsed(text, file, answers, context);
  const refused = unsafeEnvironment(config.mobilepay.baseUrl, context);
  if (refused !== undefined) throw new UsageError(`${refused}.`);
  const secrets = [...answers.secrets].map(([name, value]) => ({
    path: secretFile(file, name),
    text: `${value}\n`,
    mode: 0o600,
    owner: account?.keys,
  }));
  const settings = { path: file, text, mode: 0o640, owner: account?.settings, keepAs: `${file}.before` };
  const isChanged = text !== before || secrets.some(({ path, text: value }) => !holds(path, value));
  return {
    file,
    config,
    present: presentConfig(before, file) ?? config,
    files: [...secrets, settings],
    isChanged,
    isInstalled,
  };
}

/** Undefined when there are none, or no service could run by them. */
function presentConfig(before: string | undefined, file: string): Config | undefined {
  try {
    return before === undefined ? undefined : configIn(before, file, () => ({ text: "not-needed" }));
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function parsed(text: string, file: string, answers: SetupAnswers, context: CommandContext): Config {
  try {
    return configIn(text, file, withSecrets(answers.secrets, file, context.secretIn));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(`${error.text}.${hintFor(error.text)} Nothing was changed.`);
  }
}

function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}
