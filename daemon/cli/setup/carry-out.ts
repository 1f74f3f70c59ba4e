import { dirname } from "node:path";
import { serviceAccountOn } from "../../../service/account.ts";
import { AccessFileError } from "../../server/access/file.ts";
import type { Config } from "../../config/config.ts";
import type { World } from "../../world.ts";
import { CommandError, type CommandContext } from "../command.ts";
import { askHealth } from "../system/health.ts";
import { activePayment } from "../idle/command.ts";
import { type Chown, chownFor } from "../system/accounts.ts";
import type { SetupAnswers } from "./gather.ts";
import { giveAccess, type PosPage, refuseAccess } from "./give-access.ts";
import { setupCodes, type SetupOutcome } from "./check-keys.ts";
import type { SetupOptions } from "./options.ts";
import type { TargetHost, SetupPlan } from "./plan.ts";
import { startService } from "./service.ts";
import { makeDataFolder, writeFiles } from "./write-files.ts";
import { errorCode } from "../../errno.ts";

/** Writes, starts, and gives access, in this order. Resolves to the exit code. */
export async function carryOut(
  plan: SetupPlan,
  options: SetupOptions,
  answers: SetupAnswers,
  outcome: SetupOutcome,
  context: CommandContext,
  host: TargetHost,
): Promise<number> {
  const { print, complain, world } = context;
  const account = serviceAccountOn(host.platform);
  const [origin, ...others] = plan.config.origins;
  const page = { name: answers.clientName, origin: others.length === 0 ? origin : undefined };
  refuseAccessEarly(plan.config.dataDir, page, options.newToken);
  if (plan.isChanged) {
    await refuseWhileSelling(plan.present, world);
    await write(plan, await chownFor(account, host.system), print);
  }
  const trouble = await serve(plan, options, context, host);
  // There may be a user only since the service was installed.
  await makeFolderOfData(plan.config.dataDir, account?.data, await chownFor(account, host.system));
  const { name, token } = await accessFor(plan.config.dataDir, page, { renews: options.newToken, now: world.now() });
  if (plan.config.checkIn.mode === "webhook") print("Next: tillbridge webhooks register");
  if (outcome === setupCodes.pushNotAllowed)
    complain(
      "tillbridge: The till is set up, but its sales unit may not send payment requests to phones: ask MobilePay to allow PUSH_MESSAGE (skip landing page). Until then only the code on the screen works.",
    );
  if (trouble !== undefined) complain(`tillbridge: The till is set up, but: ${trouble}`);
  const began = trouble === undefined ? "Ready. " : "";
  if (token === undefined) print(`${began}${name} has access already. For another token: tillbridge setup --new-token`);
  else print(`${began}${name} has access. Its token, shown only now:`);
  if (token !== undefined) print(token);
  return trouble === undefined ? outcome : setupCodes.notRunning;
}

async function write(
  { files, file }: SetupPlan,
  chown: Chown | undefined,
  print: (line: string) => void,
): Promise<void> {
  try {
    await writeFiles(files, chown);
    print(`Written: ${file}`);
  } catch (error) {
    const code = errorCode(error);
    const hint = code === "EACCES" || code === "EPERM" ? "run setup as root" : "see that the disk can be written";
    throw new CommandError(
      `The settings cannot be written in ${dirname(file)} (${code}): ${hint}. Nothing was changed.`,
    );
  }
}

/** Before anything is changed. A file that cannot be read is reported by the step that needs it. */
function refuseAccessEarly(dataDir: string, page: PosPage, renews: boolean): void {
  try {
    refuseAccess(dataDir, page, renews);
  } catch (error) {
    if (error instanceof AccessFileError || error instanceof CommandError) throw error;
  }
}

/** Once the settings are written, a failure is one of a till that is set up. */
async function accessFor(...[dataDir, page, how]: Parameters<typeof giveAccess>): ReturnType<typeof giveAccess> {
  try {
    return await giveAccess(dataDir, page, how);
  } catch (error) {
    const known = error instanceof AccessFileError || error instanceof CommandError;
    const why = known ? error.message.replace(/\.$/, "") : `${dataDir} cannot be written (${errorCode(error)})`;
    throw new CommandError(
      `The settings are written, but nobody got access: ${why}. Mend it, and run setup again.`,
      setupCodes.notRunning,
    );
  }
}

async function makeFolderOfData(dataDir: string, owner: string | undefined, chown: Chown | undefined): Promise<void> {
  try {
    await makeDataFolder(dataDir, owner, chown);
  } catch (error) {
    const code = errorCode(error);
    throw new CommandError(
      `The settings are written, but the data folder ${dataDir} cannot be made (${code}). Nobody has access yet: mend it, and run setup again.`,
      setupCodes.notRunning,
    );
  }
}

/** Undefined when all is well. */
async function serve(
  { isInstalled, config, isChanged, file }: SetupPlan,
  options: SetupOptions,
  context: CommandContext,
  { system }: TargetHost,
): Promise<string | undefined> {
  if (options.service && isInstalled) return startService({ config, file, isChanged }, system, context);
  context.print(isInstalled ? "The service was not started." : `Start it with: tillbridge run --config ${file}`);
  return undefined;
}

/** New settings need a new start, which must not happen while a customer pays. */
async function refuseWhileSelling({ listen, dataDir }: Config, world: World): Promise<void> {
  // With port 0 only the service itself knows where it listens.
  const mayRun = listen.port === 0 || (await askHealth(listen.port, listen.tls !== undefined)) !== undefined;
  if (!mayRun) return;
  const active = await activePayment(dataDir, world);
  if (active !== undefined)
    throw new CommandError("A payment is under way. Nothing was changed: try again when it is over.");
}
