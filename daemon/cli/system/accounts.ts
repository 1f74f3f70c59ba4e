import { readFile } from "node:fs/promises";
import { platform, userInfo } from "node:os";
import type { ServiceAccount } from "../../../service/account.ts";
import type { SystemView, System } from "../../../service/system.ts";

/** Numbers of a user, and of all groups it is in. */
export interface Account {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** A user of this computer; undefined when there is none of this name. */
export async function accountOf(user: string, system: Pick<SystemView, "output">): Promise<Account | undefined> {
  const [uid] = await numbers(system, "-u", user);
  return uid === undefined ? undefined : { uid, gids: await numbers(system, "-G", user) };
}

/** Gives a file or folder to whom it belongs, as chown takes it. Rejects when it cannot be done. */
export type Chown = (owner: string, path: string) => Promise<void>;

/** Undefined where there is no such user yet, or when the caller is not root, who alone may do it. */
export async function chownFor(account: ServiceAccount | undefined, system: System): Promise<Chown | undefined> {
  if (account === undefined) return undefined;
  const [me] = await numbers(system, "-u");
  if (me !== 0 || (await accountOf(account.user, system)) === undefined) return undefined;
  return async (owner, path) => {
    const { code } = await system.run(["chown", owner, path]);
    if (code !== 0) throw Object.assign(new Error("it cannot be given away"), { code: "EPERM" });
  };
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

/** By `id`, which every Unix has: macOS keeps its users in no file. */
async function numbers(system: Pick<SystemView, "output">, ...words: readonly string[]): Promise<number[]> {
  const printed = await system.output(["id", ...words]);
  return printed === undefined ? [] : printed.trim().split(/\s+/).map(Number);
}
