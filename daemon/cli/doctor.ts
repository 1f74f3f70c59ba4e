import { parseArgs } from "node:util";
import { type Config, ConfigError } from "../config.ts";
import { type Command, type CommandContext, exitCodes, UsageError } from "./command.ts";
import { type Check, failed, lineFor, ok } from "./doctor/check.ts";
import { checkBroker } from "./doctor/broker.ts";
import { checkConfigFile } from "./doctor/config-file.ts";
import { checkDataFolder } from "./doctor/data-folder.ts";
import { checkDevices } from "./doctor/devices.ts";
import { checkJournal } from "./doctor/journal.ts";
import { askMobilePay, clientFor } from "./doctor/mobilepay.ts";
import { checkPort } from "./doctor/port.ts";
import { checkRegistrations } from "./doctor/registrations.ts";
import { refusedSurroundings } from "./surroundings.ts";

/** `tillbridge doctor`: looks at everything the service needs, changes nothing, and says what to do. One line per check. */
export const doctorCommand: Command = async (argv, context) => {
  const { json } = optionsIn(argv);
  const { checks, code } = await examine(context);
  if (json) context.print(JSON.stringify({ checks }));
  else for (const check of checks) context.print(lineFor(check));
  return code;
};

function optionsIn(argv: readonly string[]): { json: boolean } {
  try {
    const { values } = parseArgs({ args: [...argv], options: { json: { type: "boolean", default: false } } });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "wrong usage");
  }
}

async function examine(context: CommandContext): Promise<{ checks: readonly Check[]; code: number }> {
  const file = context.configFile();
  try {
    const checks = await examineTill(file, context.config(), context);
    return { checks, code: checks.some(({ state }) => state === "failed") ? exitCodes.failed : exitCodes.done };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      checks: [failed("config", error.message, "Mend this line, then run doctor again.")],
      code: exitCodes.wrongUsage,
    };
  }
}

async function examineTill(file: string, config: Config, context: CommandContext): Promise<Check[]> {
  return [
    await checkConfigFile(file),
    checkSurroundings(config, context),
    await checkDataFolder(config.dataDir),
    await checkJournal(config.dataDir),
    await checkPort(config.listen.port, config.listen.tls !== undefined),
    ...(await checkDevices(config.devices)),
    ...(await checkMobilePay(config, context)),
    ...(await checkBroker(config, context.world)),
  ];
}

function checkSurroundings(config: Config, context: CommandContext): Check {
  const refused = refusedSurroundings(config.mobilepay.baseUrl, context);
  if (refused === undefined) return ok("environment", "Nothing in the environment opens a door.");
  return failed(
    "environment",
    `The service would not start here: ${refused}.`,
    "Look for it in the service's settings too.",
  );
}

async function checkMobilePay(config: Config, { world, version }: CommandContext): Promise<Check[]> {
  const client = clientFor(config.mobilepay, { world, version });
  try {
    const checks = (await askMobilePay(client, config.mobilepay)).map((check) => ({
      ...check,
      name: `mobilepay.${check.name}`,
    }));
    return [...checks, ...(await checkRegistrations(config, client, world))];
  } finally {
    client.close();
  }
}
