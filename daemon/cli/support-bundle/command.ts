import { writeFile } from "node:fs/promises";
import { thisSystem } from "../../../service/system.ts";
import { type Command, CommandError, exitCodes, UsageError } from "../command.ts";
import { bundleOf } from "./bundle.ts";
import { tarGz } from "./tar.ts";
import { errorCode } from "../../errno.ts";

/** `tillbridge support-bundle FILE`: one file for support, to be looked through before it is sent. */
export const supportBundleCommand: Command = async (argv, context) => {
  const [file, ...more] = argv;
  if (file === undefined || file.startsWith("-") || more.length > 0)
    throw new UsageError("support-bundle takes one file, such as support.tar.gz");
  context.configFile();
  const files = await bundleOf(context, thisSystem());
  await write(file, tarGz(files, context.world.now()));
  context.print(`Written: ${file}`);
  for (const { name } of files) context.print(`  ${name}`);
  context.print("Without keys, tokens and phone numbers. Look through it, then send it.");
  return exitCodes.done;
};

/** Never over a file that is there. */
async function write(file: string, content: Buffer): Promise<void> {
  try {
    await writeFile(file, content, { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    const code = errorCode(error);
    throw new CommandError(
      code === "EEXIST" ? `${file} is there already: name another file.` : `${file} cannot be written (${code}).`,
    );
  }
}
