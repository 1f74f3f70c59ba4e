import { readdir, readFile, readlink } from "node:fs/promises";

export interface PortHolder {
  readonly pid: number;
  /** As the process list shows it, arguments and all. */
  readonly name: string;
}

const listening = "0A";
const tables = ["/proc/net/tcp", "/proc/net/tcp6"];

/** Who listens on this TCP port. Linux only; undefined where it cannot be read, as a program of another user cannot. */
export async function portHolder(port: number): Promise<PortHolder | undefined> {
  const sockets = await socketsOf(port);
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (/^\d+$/.test(pid) && (await holdsOneOf(sockets, pid))) return { pid: Number(pid), name: await nameOf(pid) };
  }
  return undefined;
}

/** What a descriptor of the listener leads to: "socket:[inode]". */
async function socketsOf(port: number): Promise<ReadonlySet<string>> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const rows = (await Promise.all(tables.map(textOf))).join("\n").split("\n");
  const columns = rows.map((row) => row.trim().split(/\s+/));
  const ours = columns.filter(([, local, , state]) => local?.endsWith(`:${hex}`) === true && state === listening);
  return new Set(ours.map(([, , , , , , , , , inode]) => `socket:[${inode}]`));
}

async function holdsOneOf(sockets: ReadonlySet<string>, pid: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const targets = await Promise.all(descriptors.map((one) => readlink(`${folder}/${one}`).catch(() => "")));
  return targets.some((target) => sockets.has(target));
}

/** Its program and what is named after it, shortened: a web server may be called by nothing but "python3". */
async function nameOf(pid: string): Promise<string> {
  const words = (await textOf(`/proc/${pid}/cmdline`)).replaceAll("\0", " ").trim();
  return words.length > 60 ? `${words.slice(0, 59)}…` : words;
}

function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
