import { serviceName, type WindowsPlaces } from "./places.ts";

/** Longer than the till takes to let go (8 s), shorter than Windows waits before it calls the service hung. */
const stopMsMax = 10_000;
const logBytesMax = 2_097_152;
const logsKept = 2;

/**
 * What Windows starts: Shawl, which starts Node. Asked to stop, it sends Ctrl+C, which Node receives as SIGINT, and waits; both are in one
 * job, so that Node ends with its wrapper, whatever that one dies of, and never keeps the port. When Node ends with an error Shawl
 * reports it to Windows, which starts the service again. Options: docs/cli.md of Shawl 1.9.
 */
export function wrapperCommand({ program, data, settings, logs }: WindowsPlaces): string {
  const words = [
    `${program}\\shawl.exe`,
    "run",
    "--name",
    serviceName,
    "--no-restart",
    "--kill-process-tree",
    "--stop-timeout",
    String(stopMsMax),
    "--cwd",
    data,
    "--env",
    `TILLBRIDGE_CONFIG=${settings}`,
    "--env",
    `TILLBRIDGE_LOG_FILE=${logs}\\tillbridge.log`,
    "--env",
    "UV_THREADPOOL_SIZE=8",
    "--log-dir",
    logs,
    "--log-as",
    "wrapper",
    "--log-cmd-as",
    "output",
    "--log-rotate",
    `bytes=${logBytesMax}`,
    "--log-retain",
    String(logsKept),
    "--",
    `${program}\\node.exe`,
    "--max-semi-space-size=1",
    `${program}\\dist\\main.mjs`,
    "run",
  ];
  return words.map(quoted).join(" ");
}

/** As Windows' programs take their command line apart; there is no quote in any path. */
function quoted(word: string): string {
  return /\s/.test(word) ? `"${word}"` : word;
}
