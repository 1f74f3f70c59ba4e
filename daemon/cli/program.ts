import { type Config, ConfigError, loadConfig } from "../config/config.ts";
import { secretReader } from "../config/secret.ts";
import { errorMark } from "../log/destination.ts";
import { version } from "../version.ts";
import { type CommandLine, parseCommandLine } from "./arguments.ts";
import { CommandError, type CommandContext, type CommandRow, exitCodes, type Host, UsageError } from "./command.ts";
import { commands } from "./commands.ts";
import { commandHelp, helpText } from "./help.ts";
import { isKitCommand, type LoadKit } from "./kit.ts";

/** Runs one command line to its end. `loadKit` is called for a command of the developer's kit, and for the list of all commands. Resolves to the exit code; rejects only with what is our own mistake. */
export async function runProgram(argv: readonly string[], host: Host, loadKit: LoadKit = noKit): Promise<number> {
  try {
    return await runCommandLine(parseCommandLine(argv), host, loadKit);
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    const mark = errorMark(host.environment["JOURNAL_STREAM"]);
    host.complain(`${mark}tillbridge: ${error instanceof Error ? error.message : ""}`);
    return code;
  }
}

async function noKit(): Promise<undefined> {}

async function runCommandLine(line: CommandLine, host: Host, loadKit: LoadKit): Promise<number> {
  if (line.name === undefined) return answerOrUsage(line, host, loadKit);
  const row = await rowOf(line.name, loadKit);
  if (line.asksFor === "help" && !row.ownHelp) {
    host.print(commandHelp(row));
    return exitCodes.done;
  }
  const command = await row.load();
  return command(line.rest, contextFor(line, host));
}

async function rowOf(name: string, loadKit: LoadKit): Promise<CommandRow> {
  const own = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (own) return own;
  if (!isKitCommand(name)) throw new UsageError(`there is no command ${JSON.stringify(name)}; see tillbridge --help`);
  const kit = await loadKit();
  if (!kit) throw new UsageError(`${name} belongs to the developer's kit, which was left out of this package`);
  return kit[name];
}

async function answerOrUsage({ asksFor }: CommandLine, host: Host, loadKit: LoadKit): Promise<number> {
  if (asksFor === undefined) {
    host.complain(helpText(await loadKit()));
    return exitCodes.wrongUsage;
  }
  host.print(asksFor === "version" ? version : helpText(await loadKit()));
  return exitCodes.done;
}

function contextFor(line: CommandLine, host: Host): CommandContext {
  let config: Config | undefined;
  const configFile = () => {
    const file = line.configFile ?? host.environment["TILLBRIDGE_CONFIG"];
    if (!file) throw new UsageError("which till? Name its settings with --config FILE, or set TILLBRIDGE_CONFIG");
    return file;
  };
  const secretIn = secretReader(host.environment["CREDENTIALS_DIRECTORY"]);
  return { ...host, version, configFile, secretIn, config: () => (config ??= loadConfig(configFile(), secretIn)) };
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof UsageError || error instanceof ConfigError) return exitCodes.wrongUsage;
  if (error instanceof CommandError) return error.code;
  return undefined;
}
