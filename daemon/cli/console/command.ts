import { randomUUID } from "node:crypto";
import { offerConsole } from "../../server/access/console-access.ts";
import { AccessFileError, accessFile } from "../../server/access/file.ts";
import { codeForReading, newCode } from "../../server/access/secrets.ts";
import { noMoreArguments } from "../arguments.ts";
import { type Command, CommandError, exitCodes } from "../command.ts";

/** `tillbridge console`: shows a code that opens the till's console once. Works whether or not the daemon runs. */
export const consoleCommand: Command = async (argv, { config, world, print }) => {
  noMoreArguments(argv, "console");
  const { dataDir, listen } = config();
  const code = newCode();
  await offer(dataDir, code, world.now());
  // With port 0 the till has another address at each start; only its own first line says which.
  if (listen.port !== 0) print(`Open ${listen.tls ? "https" : "http"}://127.0.0.1:${listen.port}/#${code}`);
  print(`${listen.port === 0 ? "On the till's console" : "or, if it is open already,"} type ${codeForReading(code)}`);
  print("Good once, for five minutes.");
  return exitCodes.done;
};

async function offer(dataDir: string, code: string, now: number): Promise<void> {
  try {
    await accessFile(dataDir).update((record) => ({
      record: offerConsole(record, randomUUID(), code, now),
      answer: undefined,
    }));
  } catch (error) {
    if (error instanceof AccessFileError) throw new CommandError(error.message);
    throw error;
  }
}
