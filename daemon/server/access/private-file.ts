import { chown, lstat, open, rename, rm } from "node:fs/promises";
import { platform, userInfo } from "node:os";
import { dirname } from "node:path";

/** A file that no other user may read, in a folder that is there. Either the old one or the new one is there after a power cut, whole. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await giveToOwnerOf(dirname(path), temporary);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** The command line may run as root; the file must stay readable by the service's own account. */
async function giveToOwnerOf(folder: string, path: string): Promise<void> {
  if (platform() === "win32" || userInfo().uid !== 0) return;
  const { uid, gid } = await lstat(folder);
  if (uid !== 0) await chown(path, uid, gid);
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder for this, and keeps the order of renames by itself.
  if (platform() === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
