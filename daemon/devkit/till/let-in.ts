import { accessCommand } from "../../cli/access/command.ts";
import { exitCodes } from "../../cli/command.ts";

/**
 * Lets a page (by its origin) or a program (without) into the till of `dataDir`; answers its token. An earlier one of the same name is
 * given up: nobody knows it any more.
 */
export async function letIn(dataDir: string, name: string, origin = "none"): Promise<string> {
  const lines: string[] = [];
  const ask = { dataDir, print: (line: string) => void lines.push(line) };
  await accessCommand(["revoke", name], ask);
  if ((await accessCommand(["add", "--name", name, "--origin", origin], ask)) === exitCodes.done) {
    return lines.at(-1) ?? "";
  }
  throw new Error(lines.at(-1));
}
