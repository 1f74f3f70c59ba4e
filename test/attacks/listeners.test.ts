import { readdir, readFile, readlink } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Till } from "../support/till.ts";

let till: Till;

beforeAll(async () => {
  till = await Till.open({ runs: "process" });
});

afterAll(() => till.close());

test.skipIf(process.platform !== "linux")(
  "A02: the daemon listens on its two loopback addresses and nowhere else",
  async () => {
    const port = till.port.toString(16).toUpperCase().padStart(4, "0");
    const listening = await listenersOf(till.pid);
    expect(listening.toSorted()).toEqual([`00000000000000000000000001000000:${port}`, `0100007F:${port}`]);
  },
);

/** Local addresses of the process's sockets that listen (TCP) or are open (UDP), as the kernel writes them. */
async function listenersOf(pid: number): Promise<string[]> {
  const own = await socketsOf(pid);
  const tables = await Promise.all(
    ["tcp", "tcp6", "udp", "udp6"].map(async (kind) => ({
      kind,
      text: await readFile(`/proc/${pid}/net/${kind}`, "utf8"),
    })),
  );
  return tables.flatMap(({ kind, text }) =>
    text
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode = ""]) => own.has(inode) && (kind.startsWith("udp") || state === "0A"))
      .map(([, local = ""]) => local),
  );
}

async function socketsOf(pid: number): Promise<Set<string>> {
  const names = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
  return new Set(targets.flatMap((it) => /^socket:\[(\d+)\]$/.exec(it)?.[1] ?? []));
}
