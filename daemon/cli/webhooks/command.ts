import type { Config } from "../../config/config.ts";
import { webhookUrl } from "../../config/check-in.ts";
import { StoredWebhooksError, storedWebhooksFile } from "../../config/stored-webhooks.ts";
import { silentLogger } from "../../log/logger.ts";
import { createMobilePay, type MobilePay } from "../../mobilepay/client.ts";
import { BridgeError } from "../../protocol/errors.ts";
import { argumentsIn } from "../arguments.ts";
import { type Command, CommandError, type CommandContext, exitCodes, UsageError } from "../command.ts";
import { lineFor } from "../doctor/check.ts";
import { checkWebhooks, expectedBy } from "./check.ts";
import { type WebhookStore, webhookStoreIn } from "./webhook-store.ts";
import { type Purpose, purposes, register } from "./register.ts";

const options = {
  url: { type: "string" },
  for: { type: "string", default: "both" },
  file: { type: "string" },
  "no-probe": { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof valuesIn>["values"];

/** What each of the subcommands works with. */
interface Tools {
  readonly config: Config;
  readonly mobilePay: MobilePay;
  readonly stored: WebhookStore;
  readonly context: CommandContext;
}

/** `tillbridge webhooks …`: where MobilePay reports scans and payments. Needs the sales unit's keys, not the running service. */
export const webhooksCommand: Command = async (argv, context) => {
  const { values, positionals } = valuesIn(argv);
  const [name, ...words] = positionals;
  const run = commandOf(name, words, values);
  const config = context.config();
  const identity = { ...config.mobilepay, systemName: "tillbridge", systemVersion: context.version };
  const mobilePay = createMobilePay({ ...identity, world: context.world, log: silentLogger });
  try {
    return await run({
      config,
      mobilePay,
      stored: webhookStoreIn(values.file ?? storedWebhooksFile(config.dataDir)),
      context,
    });
  } catch (error) {
    if (error instanceof BridgeError) throw new CommandError(`${error.message} ${error.data.hint}`);
    if (error instanceof StoredWebhooksError) throw new CommandError(error.message);
    throw error;
  } finally {
    mobilePay.close();
  }
};

function valuesIn(argv: readonly string[]) {
  return argumentsIn(argv, { options, allowPositionals: true });
}

function commandOf(
  name: string | undefined,
  words: readonly string[],
  values: Values,
): (tools: Tools) => Promise<number> {
  const [id] = words;
  if (name === "list" && words.length === 0) return list;
  if (name === "check" && words.length === 0) return check;
  if (name === "remove" && id !== undefined && words.length === 1) return (tools) => remove(tools, id);
  if (name === "register" && words.length === 0) return registerCommand(values);
  throw new UsageError("webhooks list, webhooks register, webhooks remove ID or webhooks check");
}

async function list({ mobilePay, stored, context }: Tools): Promise<number> {
  const listed = await mobilePay.webhooks.list();
  if (listed.length === 0) context.print("Nothing is registered.");
  for (const { id, url, events } of listed) {
    const secret = stored.all().some((webhook) => webhook.id === id) ? "secret kept here" : "secret not kept here";
    context.print(`${id}\t${url}\t${secret}\t${events.join(" ")}`);
  }
  return exitCodes.done;
}

async function remove({ mobilePay, stored, context }: Tools, id: string): Promise<number> {
  const listed = await mobilePay.webhooks.list();
  const found = listed.some((webhook) => webhook.id === id);
  if (found) await mobilePay.webhooks.remove(id);
  await stored.remove(id);
  context.print(found ? `${id} is removed.` : `Nothing is registered under ${id}.`);
  return found ? exitCodes.done : exitCodes.failed;
}

async function check({ config, mobilePay, stored, context }: Tools): Promise<number> {
  const { world, print } = context;
  const listed = await mobilePay.webhooks.list();
  const registrations = { listed, stored: stored.all(), ...expectedBy(config) };
  const checks = await checkWebhooks(registrations, world, mobilePay.timeNow() ?? world.now());
  for (const one of checks) print(lineFor(one));
  return checks.every(({ state }) => state === "ok") ? exitCodes.done : exitCodes.failed;
}

function registerCommand(values: Values): (tools: Tools) => Promise<number> {
  const wanted = purposesOf(values.for);
  return async ({ config, mobilePay, stored, context }) => {
    const { world, print } = context;
    const { url: expected, secret, merchantSerialNumber } = expectedBy(config);
    const url = values.url === undefined ? expected : parsedUrl(values.url);
    if (url === undefined) throw new UsageError("which address? Name it with --url");
    if (secret !== undefined)
      throw new CommandError("The settings give checkIn.secret: take it out, so that what is registered here counts.");
    const nowMs = () => mobilePay.timeNow() ?? world.now();
    const probes = !values["no-probe"];
    const tools = { registry: mobilePay.webhooks, stored, merchantSerialNumber, url, probes, nowMs, world, print };
    for (const purpose of wanted) await register(purpose, tools);
    return exitCodes.done;
  };
}

function purposesOf(text: string): readonly Purpose[] {
  if (text === "both") return ["checkIns", "payments"];
  const found = (Object.keys(purposes) as Purpose[]).find((purpose) => purpose === text); // keys of that very object
  if (found === undefined) throw new UsageError("--for must be checkIns, payments or both");
  return [found];
}

function parsedUrl(text: string): string {
  const { success, data } = webhookUrl.schema.safeParse(text);
  if (!success) throw new UsageError(`--url must be ${webhookUrl.allowed}`);
  return data;
}
