import { platform } from "node:os";
import { resolve } from "node:path";
import { version as nodeVersion } from "node:process";
import { parseArgs } from "node:util";
import { type Config, ConfigError } from "../config.ts";
import { nodeRange } from "../version.ts";
import { type Command, type CommandContext, exitCodes, UsageError } from "./command.ts";
import { checkBroker } from "./doctor/broker.ts";
import { type Check, failed, lineFor, ok } from "./doctor/check.ts";
import { checkConfigFile } from "./doctor/config-file.ts";
import { checkDataFolder } from "./doctor/data-folder.ts";
import { checkDevices } from "./doctor/devices.ts";
import { checkDisk, systemDisk } from "./doctor/disk.ts";
import { checkJournal } from "./doctor/journal.ts";
import { as, asMyself } from "./doctor/may-use.ts";
import { checkMemory } from "./doctor/memory.ts";
import { askMobilePay, clientFor } from "./doctor/mobilepay.ts";
import { checkPermissions } from "./doctor/permissions.ts";
import { askHealth, checkPort } from "./doctor/port.ts";
import { checkRecovery } from "./doctor/recovery.ts";
import { checkRegistrations } from "./doctor/registrations.ts";
import { checkService } from "./doctor/service.ts";
import { checkServiceDevices } from "./doctor/service-devices.ts";
import { checkVersions, programOf } from "./doctor/versions.ts";
import { refusedSurroundings } from "./surroundings.ts";
import { type Account, accountOf, groupNumber, isRoot, serviceAccount } from "./system/accounts.ts";
import { installedPlaces } from "./system/places.ts";
import { showUnit, type Unit } from "./system/systemd.ts";

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

/** All checks, and the exit code that goes with them. */
export async function examine(context: CommandContext): Promise<{ checks: readonly Check[]; code: number }> {
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
  const { listen, dataDir, devices } = config;
  const isInstalled = resolve(file) === installedPlaces(platform(), context.environment).settings;
  const unit = isInstalled ? await showUnit() : undefined;
  const account = isInstalled ? await accountOfService(unit) : undefined;
  const health = listen.port === 0 ? undefined : await askHealth(listen.port, listen.tls !== undefined);
  const pid = unit?.MainPID ?? "";
  return [
    await checkConfigFile(file),
    checkSurroundings(config, context),
    checkService(unit, isInstalled),
    checkVersions({
      program: context.version,
      service: health?.version,
      node: nodeVersion.slice(1),
      nodeRange,
      serviceFile: await programOf(pid),
    }),
    await checkPort(listen.port, listen.tls !== undefined),
    ...(await checkMemory(pid)),
    await checkDataFolder(dataDir, account?.uid),
    await checkDisk(
      dataDir,
      systemDisk(() => context.world.monotonicMs()),
    ),
    await checkJournal(dataDir),
    await checkRecovery(dataDir),
    ...(isInstalled && platform() === "linux" ? await checkPermissions(devices) : []),
    ...(await checkDevices(devices, account === undefined ? asMyself : as(account))),
    ...checkServiceDevices(health),
    ...(await checkMobilePay(config, context)),
    ...(await checkBroker(config, context.world)),
  ];
}

/** Undefined when the doctor is run by that user itself, or where there is none. Only root may look for another. */
async function accountOfService(unit: Unit | undefined): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  const account = await accountOf(unit?.User || serviceAccount);
  const more = await Promise.all((unit?.SupplementaryGroups ?? "").split(" ").filter(Boolean).map(groupNumber));
  return account && { ...account, gids: [...account.gids, ...more.filter((gid) => gid !== undefined)] };
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
