import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { checkout } from "./imports.ts";

/** Name → what it is when it is not given, of the same kind; `String` and `Number` for one that is then undefined. A boolean takes no value. */
type Options = Readonly<Record<string, string | number | boolean | StringConstructor | NumberConstructor>>;

type ValueOf<Option> = Option extends StringConstructor
  ? string | undefined
  : Option extends NumberConstructor
    ? number | undefined
    : Option extends number
      ? number
      : Option extends boolean
        ? boolean
        : string;

export type Values<Wanted extends Options> = { readonly [Name in keyof Wanted]: ValueOf<Wanted[Name]> };

/**
 * The command line of a program behind a command of scripts/, whose head is its usage. `--help` prints it; what makes no sense is told in
 * one line, exit code 2. Both end the process, so it is called before any work begins. `wordsMax`: how many words besides options.
 */
export function commandLine<Wanted extends Options>(command: string, options: Wanted, wordsMax = 0) {
  const { values, positionals } = parsed(command, options);
  if (values["help"] === true) answerHelp(command, Object.keys(options));
  if (positionals.length > wordsMax)
    wrongUsage(command, `${JSON.stringify(positionals[wordsMax])} makes no sense here`);
  const wanted = Object.entries(options).map(([name, option]) => [
    name,
    isNumber(option) ? numberOf(command, name, values[name] ?? option) : (values[name] ?? without(option)),
  ]);
  // One of each of the options, of its own kind.
  return { values: Object.fromEntries(wanted) as Values<Wanted>, words: positionals };
}

/** Ends the process with one line. */
export function wrongUsage(command: string, message: string): never {
  process.stderr.write(`${command}: ${message}; see scripts/${command} --help\n`);
  process.exit(2);
}

/** One of `choices`, or undefined when it was not given. */
export function choiceOf<Choice extends string>(
  command: string,
  name: string,
  word: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  const found = choices.find((choice) => choice === word);
  if (word !== undefined && found === undefined) wrongUsage(command, `--${name} is one of ${choices.join(", ")}`);
  return found;
}

interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

function parsed(command: string, options: Options): Parsed {
  const types: NonNullable<ParseArgsConfig["options"]> = { help: { type: "boolean" } };
  for (const [name, option] of Object.entries(options))
    types[name] = { type: typeof option === "boolean" ? "boolean" : "string" };
  try {
    const { values, positionals } = parseArgs({ options: types, allowPositionals: true });
    // No option may stand there several times.
    return { values: values as Parsed["values"], positionals };
  } catch (error) {
    return wrongUsage(command, error instanceof Error ? (error.message.split(/\n|\. /)[0] ?? "") : "wrong usage");
  }
}

/** Fails when the head of the command names other options than its program takes. */
function answerHelp(command: string, options: readonly string[]): never {
  const [, head = ""] =
    /^#![^\n]*\n((?:#[^\n]*\n)+)/.exec(readFileSync(join(checkout, "scripts", command), "utf8")) ?? [];
  const usage = head.replaceAll(/^# ?/gm, "");
  const named = [...usage.matchAll(/(?<=^|[^a-z-])--([a-z-]+)/gm)].map(([, name = ""]) => name);
  const unlike = [...named, ...options].filter((name) => !named.includes(name) || !options.includes(name));
  process.stdout.write(usage);
  if (unlike.length > 0)
    process.stderr.write(`${command}: either its head or its program lacks ${unlike.join(", ")}\n`);
  process.exit(unlike.length > 0 ? 1 : 0);
}

function isNumber(option: Options[string]): option is number | NumberConstructor {
  return typeof option === "number" || option === Number;
}

function numberOf(command: string, name: string, given: unknown): number | undefined {
  if (given === Number) return undefined;
  const number = given === "" ? Number.NaN : Number(given);
  return number >= 0 ? number : wrongUsage(command, `--${name} takes a number`);
}

function without(option: Options[string]): unknown {
  return option === String ? undefined : option;
}
