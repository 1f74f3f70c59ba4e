import type { Readable, Writable } from "node:stream";
import type { Config } from "../config/config.ts";
import type { SecretIn } from "../config/secret.ts";
import type { World } from "../world.ts";

/** What a command gets of the process it runs in. A command never touches the process itself. */
export interface CommandContext extends Host {
  readonly version: string;
  /** What `--config FILE` or `TILLBRIDGE_CONFIG` names, read once. Throws `ConfigError`, or `UsageError` when none is named. */
  readonly config: () => Config;
  /** The file itself. Throws `UsageError` when none is named. */
  readonly configFile: () => string;
  /** Where the settings name a file in place of a secret. */
  readonly secretIn: SecretIn;
}

/** The process, as `main.ts` hands it in. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The options that Node itself was started with, such as `--inspect`. */
  readonly nodeOptions: readonly string[];
  readonly world: World;
  /** Aborts when the process is asked to stop (SIGTERM, SIGINT, SIGHUP). A second time ends the process. */
  readonly stop: AbortSignal;
  /** What is typed or handed in. Opened when it is asked for. */
  readonly stdin: () => Readable;
  /** A person sits at the terminal: there questions can be asked. */
  readonly isTerminal: boolean;
  /** Where records go that are not for a file. */
  readonly stderr: Writable;
  /** One line to stdout. */
  readonly print: (line: string) => void;
  /** One line to stderr, for people. */
  readonly complain: (line: string) => void;
  /** `tell` is called with an uncaught error, just before the process ends with exit code 1. It must not wait. */
  readonly onCrash: (tell: (error: unknown) => void) => void;
  /** Ends the process at once: one of its threads hangs, and ending in order would wait for it. */
  readonly kill: () => void;
}

/** `argv`: what stands after the command's name, without `--config FILE`. Resolves to the exit code. */
export type Command = (argv: readonly string[], context: CommandContext) => Promise<number>;

/** One row per command. A command's code is loaded only when it is asked for. */
export interface CommandRow {
  /** What stands after `tillbridge`. */
  readonly usage: readonly string[];
  readonly summary: string;
  /** The command answers `--help` itself. */
  readonly ownHelp?: true;
  load(): Promise<Command>;
}

/** Name → row. */
export type Commands = Readonly<Record<string, CommandRow>>;

/** Exit codes, the same for every command. */
export const exitCodes = { done: 0, failed: 1, wrongUsage: 2, taken: 3 } as const;

/** The command line makes no sense: one line for the person who typed it. Exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** It cannot be done, and the message says all there is to say. `code` is the exit code. */
export class CommandError extends Error {
  readonly code: number;

  constructor(message: string, code: number = exitCodes.failed) {
    super(message);
    this.name = "CommandError";
    this.code = code;
  }
}
