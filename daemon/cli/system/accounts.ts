import { readFile } from "node:fs/promises";
import { platform, userInfo } from "node:os";
import type { RunProgram } from "./systemd.ts";
import { runProgram } from "./systemd.ts";

/** The service's own user and group, as the package makes them. */
export const serviceAccount = "tillbridge";

/** Numbers of a user, and of all groups it is in. */
export interface Account {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** A user of this computer; undefined when there is none of this name. */
export async function accountOf(user: string, run: RunProgram = runProgram): Promise<Account | undefined> {
  const [uid] = await numbers(run, "-u", user);
  return uid === undefined ? undefined : { uid, gids: await numbers(run, "-G", user) };
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

async function numbers(run: RunProgram, option: string, user: string): Promise<number[]> {
  const { code, printed } = await run("id", [option, user]);
  return code === 0 ? printed.trim().split(/\s+/).map(Number) : [];
}
