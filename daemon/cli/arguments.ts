import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "./command.ts";

/** A command line taken apart. `rest` is for the command. */
export interface CommandLine {
  readonly name: string | undefined;
  readonly rest: readonly string[];
  readonly configFile: string | undefined;
  readonly asksFor: "help" | "version" | undefined;
}

/** `--config FILE` may stand anywhere: every command takes it. Throws `UsageError`. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { configFile, others } = takeConfig(argv);
  const [name, ...rest] = others;
  if (name === undefined) return { name, rest, configFile, asksFor: undefined };
  if (name === "--version" || name === "-v") return { name: undefined, rest, configFile, asksFor: "version" };
  if (isHelp(name) || name === "help") return { name: undefined, rest, configFile, asksFor: "help" };
  return { name, rest, configFile, asksFor: rest.some(isHelp) ? "help" : undefined };
}

export function noMoreArguments(argv: readonly string[], command: string): void {
  if (argv[0] !== undefined) throw new UsageError(`${command} does not take ${JSON.stringify(argv[0])}`);
}

/** A command's options and words, as `parseArgs` of Node takes them apart. Throws `UsageError`. */
export function argumentsIn<const Config extends ParseArgsConfig>(argv: readonly string[], config: Config) {
  try {
    return parseArgs<Config & { args: string[] }>({ ...config, args: [...argv] });
  } catch (error) {
    // Some of Node's complaints go on to explain themselves.
    throw new UsageError(error instanceof Error ? (error.message.split("\n")[0] ?? "") : "wrong usage");
  }
}

/** For a command that answers wrong arguments with its whole usage: an option that does not stand there is reported in one line. */
export function onlyOptionsOf(usage: readonly string[], argv: readonly string[]): void {
  const [command] = usage.join(" ").split(" ");
  const known = new Set<string>(usage.join(" ").match(/--[a-z-]+/g));
  const unknown = argv.find((word) => word.startsWith("-") && !known.has(word.replace(/=.*/s, "")));
  if (unknown !== undefined)
    throw new UsageError(`${command} does not take ${JSON.stringify(unknown)}; see tillbridge ${command} --help`);
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

function takeConfig(argv: readonly string[]): { configFile: string | undefined; others: string[] } {
  const others: string[] = [];
  let configFile: string | undefined;
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? "";
    if (word !== "--config" && !word.startsWith("--config=")) {
      others.push(word);
      continue;
    }
    if (configFile !== undefined) throw new UsageError("--config stands there twice");
    if (word === "--config") index += 1;
    configFile = word === "--config" ? argv[index] : word.slice("--config=".length);
    if (!configFile) throw new UsageError("--config must be followed by a file");
  }
  return { configFile, others };
}
