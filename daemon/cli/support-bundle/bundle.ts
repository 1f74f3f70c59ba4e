import { readFile } from "node:fs/promises";
import { arch, platform, release, totalmem, uptime } from "node:os";
import { version as nodeVersion } from "node:process";
import { type System, thisPlatform } from "../../../service/system.ts";
import { type Config, ConfigError } from "../../config/config.ts";
import type { CommandContext } from "../command.ts";
import { lineFor } from "../doctor/check.ts";
import { examine } from "../doctor/command.ts";
import { askHealth } from "../system/health.ts";
import { findDevices } from "../setup/find-devices.ts";
import { installedPlaces } from "../system/places.ts";
import { showUnit } from "../system/systemd.ts";
import { type Cleaner, createCleaner, knownSecrets, secretsWritten } from "./clean.ts";
import { journalFacts } from "./journal-facts.ts";
import { logLines } from "./log-lines.ts";
import type { ArchivedFile } from "./tar.ts";
import { errorCode } from "../../errno.ts";

const folder = "tillbridge-support";
/** Shorter than this it protects nothing. */
const secretLengthMin = 6;

/** Everything about this till that support needs, file by file, and nothing private. Reads, changes nothing. */
export async function bundleOf(context: CommandContext, system: System): Promise<ArchivedFile[]> {
  const config = settingsIn(context);
  const secrets = config instanceof ConfigError ? secretsOrNone(context.configFile()) : knownSecrets(config);
  const cleaner = createCleaner(secrets);
  const made: [name: string, make: () => Promise<string>][] = [
    ["about.txt", async () => aboutText(context)],
    ["doctor.txt", async () => cleaner.text((await examine(context)).checks.map(lineFor).join("\n"))],
    ["versions.json", async () => json(await versionsOf(config, context), cleaner)],
    ["service.json", async () => json((await showUnit(system)) ?? { systemd: "none" }, cleaner)],
    [
      "settings.json",
      async () => (config instanceof ConfigError ? cleaner.text(config.message) : json(config, cleaner)),
    ],
    ["devices.json", async () => json(await findDevices(), cleaner)],
    ["journal.json", async () => journalText(config)],
    ["log.txt", async () => logText(config, cleaner, system, context.environment)],
  ];
  const files: ArchivedFile[] = [];
  for (const [name, make] of made) {
    const text = await make().catch(whyNot);
    files.push({
      name: `${folder}/${name}`,
      text: `${holdsNone(secrets, text) ? text : "Left out: a key stood in it."}\n`,
    });
  }
  return files;
}

/** The last door: whatever went wrong before it. */
function holdsNone(secrets: readonly string[], text: string): boolean {
  return !secrets.some((secret) => secret.length >= secretLengthMin && text.includes(secret));
}

function settingsIn(context: CommandContext): Config | ConfigError {
  try {
    return context.config();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function secretsOrNone(file: string): string[] {
  try {
    return secretsWritten(file);
  } catch (error) {
    if (error instanceof ConfigError) return [];
    throw error;
  }
}

function aboutText({ world, version }: CommandContext): string {
  return [
    `Tillbridge ${version}, ${new Date(world.now()).toISOString()}`,
    "For whoever helps this till. Keys, tokens, phone numbers and what was sold are not in here.",
  ].join("\n");
}

async function versionsOf(config: Config | ConfigError, { version, world }: CommandContext) {
  const listen = config instanceof ConfigError ? undefined : config.listen;
  return {
    tillbridge: version,
    node: nodeVersion,
    system: { platform: platform(), release: release(), arch: arch(), name: await systemName() },
    memoryMegabytes: Math.round(totalmem() / 1024 / 1024),
    computerUpSeconds: Math.round(uptime()),
    at: new Date(world.now()).toISOString(),
    health:
      listen === undefined || listen.port === 0 ? undefined : await askHealth(listen.port, listen.tls !== undefined),
  };
}

async function systemName(): Promise<string | undefined> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1];
}

async function journalText(config: Config | ConfigError): Promise<string> {
  if (config instanceof ConfigError) return "Where the journal is, is not known: the settings are wrong.";
  const facts = await journalFacts(config.dataDir);
  return facts === undefined ? "There is no journal yet." : JSON.stringify(facts, undefined, 2);
}

/** Without the settings it is not known which keys to look for. */
async function logText(
  config: Config | ConfigError,
  cleaner: Cleaner,
  system: System,
  environment: CommandContext["environment"],
): Promise<string> {
  if (config instanceof ConfigError)
    return "Left out: the settings are wrong, so the keys to be taken out are not known.";
  // As the service itself: what the settings say, else what its environment says when it starts.
  const file =
    config.log.file ?? environment["TILLBRIDGE_LOG_FILE"] ?? installedPlaces(thisPlatform(), environment).log;
  return cleaner.text(await logLines(file, system));
}

function json(value: object, cleaner: Cleaner): string {
  return JSON.stringify(cleaner.fields(value), undefined, 2);
}

function whyNot(error: unknown): string {
  const code = errorCode(error);
  return `This could not be found out (${code}).`;
}
