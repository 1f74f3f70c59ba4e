import { type Config, ConfigError, loadConfig } from "../config/config.ts";
import { secretReader } from "../config/secret.ts";
import { errorMark } from "../log/destination.ts";
import { version } from "../version.ts";
import { type CommandLine, parseCommandLine } from "./arguments.ts";
import { CommandError, type CommandContext, exitCodes, type Host, UsageError } from "./command.ts";
import { commands } from "./commands.ts";
import { commandHelp, helpText } from "./help.ts";

/** Runs one command line to its end. Resolves to the exit code; rejects only with what is our own mistake. */
export async function runProgram(argv: readonly string[], host: Host): Promise<number> {
  try {
    return await runCommandLine(parseCommandLine(argv), host);
  } catch (error) {
    const told = exitCodeOf(error);
    if (told === undefined) throw error;
    const mark = errorMark(host.environment["JOURNAL_STREAM"]);
    host.complain(`${mark}tillbridge: ${error instanceof Error ? error.message : ""}`);
    return told;
  }
}

async function runCommandLine(line: CommandLine, host: Host): Promise<number> {
  if (line.name === undefined) return answerOrUsage(line, host);
  const row = Object.hasOwn(commands, line.name) ? commands[line.name] : undefined;
  if (!row) throw new UsageError(`there is no command ${JSON.stringify(line.name)}; see tillbridge --help`);
  if (line.asksFor === "help" && !row.ownHelp) {
    host.print(commandHelp(row));
    return exitCodes.done;
  }
  const command = await row.load();
  return command(line.rest, contextFor(line, host));
}

function answerOrUsage({ asksFor }: CommandLine, host: Host): number {
  if (asksFor === undefined) {
    host.complain(helpText());
    return exitCodes.wrongUsage;
  }
  host.print(asksFor === "version" ? version : helpText());
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
