import { once } from "node:events";
import { AccessFileError } from "../../server/access/file.ts";
import { type Config, secretsOf } from "../../config/config.ts";
import { isLoopback } from "../../config/origin.ts";
import { type Daemon, startDaemon } from "../../daemon.ts";
import { JournalLocked, JournalNewer } from "../../journal/journal.ts";
import { createLifecycle } from "../../lifecycle/lifecycle.ts";
import type { Log } from "../../log/log.ts";
import { ListenError } from "../../server/listen.ts";
import { noMoreArguments } from "../arguments.ts";
import { type Command, CommandError, type CommandContext, exitCodes } from "../command.ts";
import { secretsReadableByOthers } from "../system/readable-secrets.ts";
import { logFor } from "../log-for.ts";
import { ignoredProxies, unsafeEnvironment } from "../system/process-environment.ts";

/** Longer than any call to MobilePay may take to be broken off, shorter than a service manager waits before it kills. */
const stopMsMax = 7000;
/** The process cannot end in order: a thread of it waits for a disk that hangs. */
const late = Symbol("late");

/** `tillbridge run`: the service. Prints one line to stdout when it is ready; ends when it is asked to stop. */
export const runCommand: Command = async (argv, context) => {
  noMoreArguments(argv, "run");
  const config = context.config();
  const refused = unsafeEnvironment(config.mobilepay.baseUrl, context);
  if (refused !== undefined) throw new CommandError(refused, exitCodes.wrongUsage);
  const exposed = isStandIn(config) ? undefined : secretsReadableByOthers(context.configFile(), secretsOf(config));
  if (exposed !== undefined) throw new CommandError(exposed, exitCodes.wrongUsage);
  const log = logFor(config.log, secretsOf(config), context);
  context.onCrash((error) => log.fatal("stopped by an unexpected error", { error }));
  const ended = await serveUntilLate(config, log, context);
  if (ended !== late) return ended;
  context.kill();
  return exitCodes.failed;
};

async function serveUntilLate(config: Config, log: Log, context: CommandContext): Promise<number | typeof late> {
  try {
    return await Promise.race([serve(config, log, context), tooLate(log, context)]);
  } finally {
    await log.close();
  }
}

/** Whose keys open nothing. */
function isStandIn({ mobilepay }: Config): boolean {
  return isLoopback(new URL(mobilepay.baseUrl));
}

async function serve(config: Config, log: Log, context: CommandContext): Promise<number> {
  const { version, world, stop, environment } = context;
  const lifecycle = createLifecycle({ environment, world, log: log.child("lifecycle"), stop });
  const daemon = await start(config, log, context);
  const url = `${config.listen.tls ? "wss" : "ws"}://127.0.0.1:${daemon.port}/v1`;
  context.print(`tillbridge ready ${url}`);
  lifecycle.ready(`listening on ${url}`, () => daemon.isBusy());
  log.info("ready", { version, till: config.till.id, port: daemon.port });
  tellOdd(log, context);
  // Only now: loading what writes the log takes longer than all that a POS page waits for.
  void log.open();
  await asked(stop);
  lifecycle.stopping();
  await daemon.stop();
  log.info("stopped");
  return exitCodes.done;
}

/** Whatever hangs, while starting or stopping, the process ends: all that counts is on disk already. */
async function tooLate(log: Log, { world, stop }: CommandContext): Promise<typeof late> {
  await asked(stop);
  await world.sleep(stopMsMax);
  log.error("did not stop in time", { stopMsMax });
  return late;
}

async function asked(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await once(stop, "abort");
}

async function start(config: Config, log: Log, { world, version }: CommandContext): Promise<Daemon> {
  try {
    return await startDaemon(config, { world, log, version, logTail: () => log.recentRecords() });
  } catch (error) {
    if (error instanceof JournalLocked) throw new CommandError(error.message, exitCodes.taken);
    if (error instanceof JournalNewer || error instanceof ListenError || error instanceof AccessFileError) {
      throw new CommandError(error.message);
    }
    throw error;
  }
}

function tellOdd(log: Log, { environment }: CommandContext): void {
  const proxies = ignoredProxies(environment);
  if (proxies.length > 0)
    log.warn("proxies in the environment are not used: the settings name one (mobilepay.proxy)", { names: proxies });
}
