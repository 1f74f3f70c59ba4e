import { readFileSync, statSync } from "node:fs";
import { platform, userInfo } from "node:os";

/**
 * Why a file of settings that holds these secrets itself must not be used, or undefined: other users of the computer could take them.
 * Windows keeps access in lists that the mode does not show; there the installer sets them.
 */
export function secretsReadableByOthers(file: string, secrets: readonly string[]): string | undefined {
  if (platform() === "win32") return undefined;
  const content = readFileSync(file, "utf8");
  if (!secrets.some((secret) => content.includes(JSON.stringify(secret)))) return undefined;
  return isPrivate(file)
    ? undefined
    : `${file}: holds keys, and other users can read or change it: chmod 600, or keep the keys in files of their own ({ "file": … })`;
}

/** The service's own group has no other user in it. */
function isPrivate(file: string): boolean {
  const { mode, gid } = statSync(file);
  const others = gid === userInfo().gid ? 0o027 : 0o077;
  return (mode & others) === 0;
}
