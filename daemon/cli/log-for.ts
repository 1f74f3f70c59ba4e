import type { Config } from "../config/config.ts";
import { createLog, type Log } from "../log/log.ts";
import { type Destination, toFile, toStderr } from "../log/destination.ts";
import { createRedactor } from "../redact/redact.ts";
import type { CommandContext } from "./command.ts";

/** The log as the settings want it. `secrets` never stand in it. */
export function logFor(settings: Config["log"], secrets: readonly string[], context: CommandContext): Log {
  const { environment, stderr, world, complain } = context;
  const { fileMegabytesMax, level } = settings;
  // Where nothing else keeps a log, the installed service names a file.
  const file = settings.file ?? environment["TILLBRIDGE_LOG_FILE"];
  const destination: Destination =
    file === undefined ? toStderr(stderr, environment["JOURNAL_STREAM"]) : toFile(file, fileMegabytesMax, complain);
  return createLog({ level, redactor: createRedactor(secrets), world, destination });
}
