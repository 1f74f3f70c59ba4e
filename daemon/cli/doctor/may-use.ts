import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import type { WhyNot } from "../../../drivers/driver-row.ts";
import type { Account } from "../system/accounts.ts";
import { errorCode } from "../../errno.ts";

/** The user who runs the doctor. */
export const asMyself: WhyNot = (path) =>
  access(path, constants.R_OK | constants.W_OK).then(() => undefined, errorCode);

/** Another user, by owner, group and mode: root may do everything, and learns nothing by trying. */
export function as({ uid, gids }: Account): WhyNot {
  return async (path) => {
    try {
      const { uid: owner, gid, mode } = await stat(path);
      const shift = owner === uid ? 6 : gids.includes(gid) ? 3 : 0;
      return ((mode >> shift) & 0o6) === 0o6 ? undefined : "EACCES";
    } catch (error) {
      return errorCode(error);
    }
  };
}
