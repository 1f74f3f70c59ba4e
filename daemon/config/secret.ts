import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { platform, userInfo } from "node:os";
import { basename, join } from "node:path";
import { errorCode } from "../errno.ts";

/** A key has about 40 characters, a password of a broker rarely more than 100. */
const bytesMax = 8192;
/** systemd makes these itself, for one service alone; what their mode shows is an access list's mask. */
const credentialsFolder = "/run/credentials/";

/** What stands in the file of a secret, or why it must not be used. */
export type SecretIn = (
  file: string,
) => { readonly text: string; readonly refused?: never } | { readonly refused: string };

/**
 * `credentials`: the folder where systemd hands the service what the unit's LoadCredential names (CREDENTIALS_DIRECTORY). A file there
 * stands for the file of the same name in the settings, which the service itself need not be able to read.
 */
export function secretReader(credentials: string | undefined): SecretIn {
  if (!credentials) return readSecret;
  return (file) => {
    const handed = join(credentials, basename(file));
    const found = existsSync(handed) ? readSecret(handed) : undefined;
    // Empty: systemd found no such file, and the unit says what to hand over then.
    return found === undefined || ("text" in found && found.text === "") ? readSecret(file) : found;
  };
}

/** The text in a file that only the service's own user may read, without the newline that editors add. */
export function readSecret(file: string): ReturnType<SecretIn> {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { refused: `cannot be opened (${errorCode(error)})` };
  }
  try {
    const refused = refusal(file, fstatSync(descriptor));
    return refused === undefined ? { text: readFileSync(descriptor, "utf8").replace(/\r?\n$/, "") } : { refused };
  } finally {
    closeSync(descriptor);
  }
}

function refusal(file: string, stats: Stats): string | undefined {
  if (!stats.isFile()) return "is not a file";
  if (stats.size > bytesMax) return "is too large for a secret";
  // Windows keeps access in lists that the mode does not show; there the installer sets them.
  if (platform() === "win32" || file.startsWith(credentialsFolder)) return undefined;
  const { uid } = userInfo();
  if (uid !== 0 && stats.uid !== uid && stats.uid !== 0) return "must belong to the service's own user";
  if ((stats.mode & 0o077) !== 0) return "must be readable by the service's own user alone (chmod 600)";
  return undefined;
}
