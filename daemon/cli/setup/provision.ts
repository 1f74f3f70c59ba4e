import { dirname, resolve } from "node:path";
import * as z from "zod";
import type { Edit } from "../../config/edit.ts";
import { leavesIn } from "../../config/leaves.ts";
import type { DeviceChoice } from "./options.ts";
import { type SecretName, secretNames, secretPlaces } from "../system/secret-places.ts";

/** The answers for many tills, in one file: settings as in tillbridge.json, and what setup itself wants to know. */
export interface Provision {
  readonly edits: readonly Edit[];
  readonly secretFiles: ReadonlyMap<SecretName, string>;
  readonly devices: DeviceChoice | undefined;
  readonly clientName: string | undefined;
}

const reference = z.strictObject({ file: z.string().min(1) });
const deviceChoice = z.enum(["find", "keep", "none"]);
const clientName = z.string().min(1).max(200);

/** Throws `ConfigError` with the place of what is wrong. What the settings themselves do not allow is found later. */
export function readProvision(file: string): Provision {
  const edits: Edit[] = [];
  const secretFiles = new Map<SecretName, string>();
  let devices: DeviceChoice | undefined;
  let name: string | undefined;
  for (const { path, value, wrong } of leavesIn(file)) {
    const key = path.join(".");
    const secret = secretNames.find((it) => secretPlaces[it].path.join(".") === key);
    if (secret !== undefined) {
      const given = reference.safeParse(value);
      if (!given.success) throw wrong(`${key} must be { "file": "/path" }: a key does not stand in this file itself`);
      secretFiles.set(secret, resolve(dirname(file), given.data.file));
    } else if (key === "devices" && typeof value === "string") {
      const given = deviceChoice.safeParse(value);
      if (!given.success) throw wrong('devices must be "find", "keep", "none" or a list as in the settings');
      devices = given.data;
    } else if (path[0] === "client") {
      const given = clientName.safeParse(value);
      if (key !== "client.name" || !given.success) throw wrong('client must be { "name": … }, 1 to 200 characters');
      name = given.data;
    } else edits.push({ path, value });
  }
  return { edits, secretFiles, devices, clientName: name };
}
