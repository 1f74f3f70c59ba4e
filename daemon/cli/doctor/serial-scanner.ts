import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { type Check, failed, ok, reasonOf } from "./check.ts";

/** Whether the port is there, and whether this user may use it. */
export async function checkSerialScanner(name: string, { path }: { readonly path: string }): Promise<Check> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return ok(name, "The scanner's port is there.");
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === "EACCES")
      return failed(name, "This user may not use the scanner's port.", "Add the service's user to the group dialout.");
    return failed(
      name,
      `The scanner's port is not there (${reason}).`,
      "Plug the scanner in, and compare devices[].path with ls /dev/serial/by-id.",
    );
  }
}
