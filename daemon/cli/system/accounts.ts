import { readFile } from "node:fs/promises";
import { platform, userInfo } from "node:os";
import type { Surroundings } from "../../../service/system.ts";

/** The service's own user and group, as the package makes them. */
export const serviceAccount = "tillbridge";

/** Numbers of a user, and of all groups it is in. */
export interface Account {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** A user of this computer; undefined when there is none of this name. */
export async function accountOf(user: string, system: Pick<Surroundings, "output">): Promise<Account | undefined> {
  const [uid] = await numbers(system, "-u", user);
  return uid === undefined ? undefined : { uid, gids: await numbers(system, "-G", user) };
}

/** The number of a group in /etc/group, where those of services stand. */
export async function groupNumber(name: string): Promise<number | undefined> {
  const lines = (await readFile("/etc/group", "utf8").catch(() => "")).split("\n");
  const [, , number] = lines.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
  return number === undefined ? undefined : Number(number);
}

export function isRoot(): boolean {
  return platform() !== "win32" && userInfo().uid === 0;
}

async function numbers(system: Pick<Surroundings, "output">, option: string, user: string): Promise<number[]> {
  const printed = await system.output(["id", option, user]);
  return printed === undefined ? [] : printed.trim().split(/\s+/).map(Number);
}
