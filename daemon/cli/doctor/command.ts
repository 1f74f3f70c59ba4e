import { platform } from "node:os";
import { resolve } from "node:path";
import { version as nodeVersion } from "node:process";
import { type Config, ConfigError } from "../../config/config.ts";
import { nodeRange } from "../../version.ts";
import { argumentsIn } from "../arguments.ts";
import { type Command, type CommandContext, exitCodes } from "../command.ts";
import { checkBroker } from "./broker.ts";
import { checkBrowsers } from "./browsers.ts";
import { type Check, failed, lineFor, ok } from "./check.ts";
import { checkConfigFile } from "./config-file.ts";
import { checkDataFolder } from "./data-folder.ts";
import { checkDevices } from "./devices.ts";
import { checkDisk, systemDisk } from "./disk.ts";
import { checkJournal } from "./journal.ts";
import { as, asMyself } from "./may-use.ts";
import { checkMemory } from "./memory.ts";
import { clientFor } from "./mobilepay.ts";
import { checkPermissions } from "./permissions.ts";
import { checkPort } from "./port.ts";
import { checkRecovery } from "./recovery.ts";
import { checkRegistrations } from "./registrations.ts";
import { checkService, checkServiceOn } from "./service.ts";
import { checkServiceDevices } from "./service-devices.ts";
import { checkUpgrade } from "./upgrade.ts";
import { checkVersions, programOf } from "./versions.ts";
import { askHealth, type Health } from "../system/health.ts";
import { unsafeEnvironment } from "../system/process-environment.ts";
import { type Account, accountOf, groupNumber, isRoot } from "../system/accounts.ts";
import { installedPlaces } from "../system/places.ts";
import { serviceAccountOn } from "../../../service/account.ts";
import { type System, thisPlatform, thisSystem } from "../../../service/system.ts";
import { showUnit, type Unit } from "../system/systemd.ts";

/** A device that is plugged in is ready within a second or two. */
const devicesMsMax = 5000;
/** Seen as at once by the operator at the terminal. */
const askEveryMs = 200;

/** `tillbridge doctor`: looks at everything the service needs, changes nothing, and says what to do. One line per check. */
export const doctorCommand: Command = async (argv, context) => {
  const { json } = optionsIn(argv);
  const { checks, code } = await examine(context);
  if (json) context.print(JSON.stringify({ checks }));
  else for (const check of checks) context.print(lineFor(check));
  return code;
};

function optionsIn(argv: readonly string[]): { json: boolean } {
  return argumentsIn(argv, { options: { json: { type: "boolean", default: false } } }).values;
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
      checks: [failed("config", error.message, hintFor(error.message))],
      code: exitCodes.wrongUsage,
    };
  }
}

function hintFor(problem: string): string {
  if (problem.includes("cannot be read (ENOENT)")) return "Set the till up: tillbridge setup, as root.";
  if (problem.includes("(EACCES)")) return "Run doctor as root.";
  return "Mend this line, then run doctor again.";
}

async function examineTill(file: string, config: Config, context: CommandContext): Promise<Check[]> {
  const { listen, dataDir, devices } = config;
  const isInstalled = resolve(file) === installedPlaces(thisPlatform(), context.environment).settings;
  const system = thisSystem();
  const unit = isInstalled ? await showUnit(system) : undefined;
  const account = isInstalled ? await accountOfService(unit) : undefined;
  const health = await settledHealth(listen, context);
  const pid = unit?.MainPID ?? "";
  return [
    await checkConfigFile(file),
    checkEnvironment(config, context),
    await serviceCheck(unit, isInstalled, system),
    checkVersions({
      program: context.version,
      service: health?.version,
      node: nodeVersion.slice(1),
      nodeRange,
      serviceFile: await programOf(pid),
    }),
    ...(isInstalled ? await checkUpgrade(system) : []),
    await checkPort(listen.port, listen.tls !== undefined, unit?.ActiveState === "active"),
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
    ...(await checkBrowsers(config.origins, system)),
    ...(await checkMobilePay(config, context)),
    ...(await checkBroker(config, context.world)),
  ];
}

function serviceCheck(unit: Unit | undefined, isInstalled: boolean, system: System): Check | Promise<Check> {
  const here = thisPlatform();
  return here === "linux" ? checkService(unit, isInstalled) : checkServiceOn(here, system, isInstalled);
}

/** As the service says it when it has looked for its devices: right after a start it has not yet. */
async function settledHealth({ port, tls }: Config["listen"], { world }: CommandContext): Promise<Health | undefined> {
  if (port === 0) return undefined;
  const until = world.monotonicMs() + devicesMsMax;
  for (;;) {
    const health = await askHealth(port, tls !== undefined);
    const isLooking = health?.devices?.some(({ state }) => state === "connecting") ?? false;
    if (!isLooking || world.monotonicMs() > until) return health;
    await world.sleep(askEveryMs);
  }
}

/** Undefined when the doctor is run by that user itself, or where there is none. Only root may look for another. */
async function accountOfService(unit: Unit | undefined): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  const user = unit?.User || serviceAccountOn(thisPlatform())?.user;
  const account = user === undefined ? undefined : await accountOf(user, thisSystem());
  const more = await Promise.all((unit?.SupplementaryGroups ?? "").split(" ").filter(Boolean).map(groupNumber));
  return account && { ...account, gids: [...account.gids, ...more.filter((gid) => gid !== undefined)] };
}

function checkEnvironment(config: Config, context: CommandContext): Check {
  const refused = unsafeEnvironment(config.mobilepay.baseUrl, context);
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
    const checks = (await client.check()).map((check) => ({
      ...check,
      name: `mobilepay.${check.name}`,
    }));
    return [...checks, ...(await checkRegistrations(config, client, world))];
  } finally {
    client.close();
  }
}
