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
