import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { WebhookRegistration } from "../../check-in/receiver.ts";
import { WebhookListenError } from "../../check-in/webhook-server.ts";
import { ConfigError, loadRelayConfig, type RelayConfig, relaySecretsOf } from "../../config/config.ts";
import { isLoopback } from "../../config/origin.ts";
import { storedSecrets } from "../../config/stored-webhooks.ts";
import { createLifecycle } from "../../lifecycle/lifecycle.ts";
import type { Log } from "../../log/log.ts";
import { type Relay, startRelay } from "../../check-in/relay/relay.ts";
import { ListenError } from "../../server/listen.ts";
import { readTls } from "../../server/tls-files.ts";
import { noMoreArguments } from "../arguments.ts";
import { type Command, CommandError, type CommandContext, exitCodes } from "../command.ts";
import { secretsReadableByOthers } from "../system/readable-secrets.ts";
import { logFor } from "../log-for.ts";
import { unsafeEnvironment } from "../system/process-environment.ts";

/** `tillbridge relay`: receives webhooks for many tills. Prints one line to stdout when it listens; ends when it is asked to stop. */
export const relayCommand: Command = async (argv, context) => {
  noMoreArguments(argv, "relay");
  const config = loadRelayConfig(context.configFile(), context.secretIn);
  const refused = unsafeEnvironment(config.broker.url, context);
  if (refused !== undefined) throw new CommandError(refused, exitCodes.wrongUsage);
  const isStandIn = isLoopback(new URL(config.broker.url));
  const exposed = isStandIn ? undefined : secretsReadableByOthers(context.configFile(), relaySecretsOf(config));
  if (exposed !== undefined) throw new CommandError(exposed, exitCodes.wrongUsage);
  const log = logFor(config.log, relaySecretsOf(config), context);
  context.onCrash((error) => log.fatal("stopped by an unexpected error", { error }));
  try {
    await serve(config, log, context);
    return exitCodes.done;
  } finally {
    await log.close();
  }
};

async function serve(config: RelayConfig, log: Log, context: CommandContext): Promise<void> {
  const { version, world, stop, environment } = context;
  const lifecycle = createLifecycle({ environment, world, log: log.child("lifecycle"), stop });
  const relay = await start(config, log, context);
  const { address } = config.listen;
  context.print(`tillbridge relay ready ${address.includes(":") ? `[${address}]` : address}:${relay.port}`);
  // A relay keeps nothing: another one takes over what comes while this one is off.
  lifecycle.ready(`listening for webhooks on port ${relay.port}`, () => false);
  log.info("ready", { version, port: relay.port, salesUnits: config.salesUnits.length });
  void log.open();
  if (!stop.aborted) await once(stop, "abort");
  lifecycle.stopping();
  await relay.close();
  log.info("stopped");
}

async function start(config: RelayConfig, log: Log, { world }: CommandContext): Promise<Relay> {
  const { address, port, tls: files } = config.listen;
  const { url, username, password, ca, topicPrefix } = config.broker;
  try {
    const tls = await readTls(files, "listen.tls");
    return await startRelay({
      listen: { address, port, ...(tls && { tls }) },
      broker: { url, username, password, ...(ca !== undefined && { ca: await readFile(ca, "utf8") }) },
      topicPrefix,
      registrations: config.salesUnits.map((unit, index) => registrationOf(unit, index, log)),
      world,
      log,
    });
  } catch (error) {
    if (error instanceof WebhookListenError || error instanceof ListenError) throw new CommandError(error.message);
    if (ca !== undefined && error instanceof Error && "path" in error && error.path === ca)
      throw new CommandError("the certificates that broker.ca names cannot be read");
    throw error;
  }
}

type SalesUnit = RelayConfig["salesUnits"][number];

/** The secret stands in the settings, or in a file that `tillbridge webhooks` keeps. */
function registrationOf(unit: SalesUnit, index: number, log: Log): WebhookRegistration {
  const { merchantSerialNumber, url, secret, registrations } = unit;
  if ((secret === undefined) === (registrations === undefined))
    throw new ConfigError(`salesUnits[${index}] must have either a secret or registrations`);
  const secrets =
    secret !== undefined
      ? () => [secret]
      : storedSecrets(registrations ?? "", { merchantSerialNumber, url }, (why) =>
          log.error(why, { merchantSerialNumber }),
        );
  return { url, merchantSerialNumber, secrets };
}
