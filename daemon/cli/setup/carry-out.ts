import { dirname } from "node:path";
import { serviceAccountOn } from "../../../service/account.ts";
import { AccessFileError } from "../../server/access/file.ts";
import type { Config } from "../../config/config.ts";
import type { World } from "../../world.ts";
import { CommandError, type CommandContext } from "../command.ts";
import { askHealth } from "../doctor/port.ts";
import { movingIn } from "../idle/command.ts";
import { type Give, giverTo } from "../system/accounts.ts";
import type { Told } from "./gather.ts";
import { giveAccess, type Page, refuseAccess } from "./give-access.ts";
import { setupCodes, type Verdict } from "./live-check.ts";
import type { Wish } from "./options.ts";
import type { Computer, Plan } from "./plan.ts";
import { startService } from "./service.ts";
import { makeDataFolder, writeFiles } from "./write-files.ts";
import { errorCode } from "../../errno.ts";

/** Writes, starts, and gives access, in this order. Resolves to the exit code. */
export async function carryOut(
  plan: Plan,
  wish: Wish,
  told: Told,
  verdict: Verdict,
  context: CommandContext,
  computer: Computer,
): Promise<number> {
  const { print, complain, world } = context;
  const account = serviceAccountOn(computer.platform);
  const [origin, ...others] = plan.config.origins;
  const page = { name: told.clientName, origin: others.length === 0 ? origin : undefined };
  refuseAccessEarly(plan.config.dataDir, page, wish.newToken);
  if (plan.isChanged) {
    await refuseWhileSelling(plan.present, world);
    await write(plan, await giverTo(account, computer.system), print);
  }
  const trouble = await serve(plan, wish, context, computer);
  // There may be a user only since the service was installed.
  await makeFolderOfData(plan.config.dataDir, account?.data, await giverTo(account, computer.system));
  const { name, token } = await accessFor(plan.config.dataDir, page, { renews: wish.newToken, now: world.now() });
  if (plan.config.checkIn.mode === "webhook") print("Next: tillbridge webhooks register");
  if (verdict === setupCodes.pushNotAllowed)
    complain(
      "tillbridge: The till is set up, but its sales unit may not send payment requests to phones: ask MobilePay to allow PUSH_MESSAGE (skip landing page). Until then only the code on the screen works.",
    );
  if (trouble !== undefined) complain(`tillbridge: The till is set up, but: ${trouble}`);
  const began = trouble === undefined ? "Ready. " : "";
  if (token === undefined) print(`${began}${name} has access already. For another token: tillbridge setup --new-token`);
  else print(`${began}${name} has access. Its token, shown only now:`);
  if (token !== undefined) print(token);
  return trouble === undefined ? verdict : setupCodes.notRunning;
}

async function write({ files, file }: Plan, give: Give | undefined, print: (line: string) => void): Promise<void> {
  try {
    await writeFiles(files, give);
    print(`Written: ${file}`);
  } catch (error) {
    const code = errorCode(error);
    const hint = code === "EACCES" || code === "EPERM" ? "run setup as root" : "see that the disk can be written";
    throw new CommandError(
      `The settings cannot be written in ${dirname(file)} (${code}): ${hint}. Nothing was changed.`,
    );
  }
}

/** Before anything is changed. That it cannot be looked at is said by whoever needs it. */
function refuseAccessEarly(dataDir: string, page: Page, renews: boolean): void {
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

async function makeFolderOfData(dataDir: string, owner: string | undefined, give: Give | undefined): Promise<void> {
  try {
    await makeDataFolder(dataDir, owner, give);
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
  { isInstalled, config, isChanged, file }: Plan,
  wish: Wish,
  context: CommandContext,
  { system }: Computer,
): Promise<string | undefined> {
  if (wish.service && isInstalled) return startService({ config, file, isChanged }, system, context);
  context.print(isInstalled ? "The service was not started." : `Start it with: tillbridge run --config ${file}`);
  return undefined;
}

/** New settings need a new start, and nobody wants that while a customer pays. */
async function refuseWhileSelling({ listen, dataDir }: Config, world: World): Promise<void> {
  // With port 0 only the service itself knows where it listens.
  const mayRun = listen.port === 0 || (await askHealth(listen.port, listen.tls !== undefined)) !== undefined;
  if (!mayRun) return;
  const moving = await movingIn(dataDir, world);
  if (moving !== undefined)
    throw new CommandError("A payment is under way. Nothing was changed: try again when it is over.");
}
