import { writeFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { accessFile } from "../../daemon/server/access/file.ts";
import { addClient, type AccessClient, revokeClient } from "../../daemon/server/access/record.ts";
import { hashOf } from "../../daemon/server/access/secrets.ts";
import { accessCommand } from "../../daemon/cli/access/command.ts";
import { openAccess } from "../../daemon/server/access/access.ts";
import { recordingLogger } from "../support/log-records.ts";
import { VirtualWorld } from "../support/virtual-world.ts";

let dataDir: string;
let path: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "tillbridge-access-"));
  path = join(dataDir, "access.json");
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

function clientNamed(name: string): AccessClient {
  return { id: name, name, tokenHash: hashOf(name), createdAt: 0 };
}

async function run(...argv: string[]) {
  const lines: string[] = [];
  const exitCode = await accessCommand(argv, { dataDir, print: (line) => lines.push(line) });
  return { exitCode, lines };
}

describe("access.json", () => {
  test("is made readable by its owner alone, with nothing left beside it", async () => {
    await run("add", "--name", "POS");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(["access.json"]);
  });

  test.each([0o640, 0o604, 0o660, 0o602])(
    "with mode %o is refused by the daemon and by the command line",
    async (mode) => {
      await run("add", "--name", "POS");
      await chmod(path, mode);
      const opened = openAccess({ dataDir, world: new VirtualWorld(), log: recordingLogger() });
      await expect(opened).rejects.toThrow(/can be read or written by others/);
      expect(await run("list")).toEqual({ exitCode: 1, lines: [expect.stringContaining("chmod 600")] });
    },
  );

  test.each([
    ["cut short", '{"version":1,"clients":['],
    ["of a later version", '{"version":2,"clients":[],"requests":[],"wrongCodes":0}'],
    ["empty", ""],
  ])("that is %s is refused and left as it is", async (_, text) => {
    await writeFile(path, text, { mode: 0o600 });
    expect(await run("add", "--name", "POS")).toEqual({ exitCode: 1, lines: [expect.stringContaining("damaged")] });
    expect(await readFile(path, "utf8")).toBe(text);
  });

  test("that is a link to elsewhere is refused", async () => {
    await writeFile(join(dataDir, "elsewhere"), "{}", { mode: 0o600 });
    await symlink(join(dataDir, "elsewhere"), path);
    expect(await run("list")).toEqual({ exitCode: 1, lines: [expect.stringContaining("plain file")] });
  });

  test("loses no change when many are made at once", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `client ${index}`);
    await Promise.all(
      names.map((name) => accessFile(dataDir).update((record) => addClient(record, clientNamed(name)))),
    );
    const { clients } = accessFile(dataDir).read();
    expect(clients.map((it) => it.name).toSorted()).toEqual(names.toSorted());
  });

  test("can be changed after a process died while it held the lock", async () => {
    await writeFile(`${path}.lock`, "");
    expect((await run("add", "--name", "POS")).exitCode).toBe(0);
  });

  test("can be changed after a process died while it wrote", async () => {
    await writeFile(`${path}.new`, '{"version":1,"cli');
    expect((await run("add", "--name", "POS")).exitCode).toBe(0);
  });
});

describe("the daemon", () => {
  test("notices a change of the list without being asked", async () => {
    await run("add", "--name", "POS");
    const access = await openAccess({ dataDir, world: new VirtualWorld(), log: recordingLogger() });
    const revoked = new Promise<string>((resolve) => access.onRevoked(resolve));
    const [client] = accessFile(dataDir).read().clients;
    await run("revoke", "POS");
    expect(await revoked).toBe(client?.id);
    await access.close();
  });

  test("notices a change that nobody told it of within five seconds", async () => {
    await run("add", "--name", "POS");
    const world = new VirtualWorld();
    const access = await openAccess({ dataDir, world, log: recordingLogger() });
    const revoked: string[] = [];
    access.onRevoked((id) => revoked.push(id));
    const { record } = revokeClient(accessFile(dataDir).read(), { name: "POS" });
    await writeFile(join(dataDir, "prepared"), JSON.stringify(record), { mode: 0o600 });
    await rename(join(dataDir, "prepared"), path);
    await world.pass(5_000);
    expect(revoked).toHaveLength(1);
    await access.close();
  });

  test("lets a client in that was added in this very moment", async () => {
    const access = await openAccess({ dataDir, world: new VirtualWorld(), log: recordingLogger() });
    const { record } = addClient(accessFile(dataDir).read(), clientNamed("POS"));
    writeFileSync(path, JSON.stringify(record), { mode: 0o600 });
    expect(access.authenticate("POS", undefined)).toMatchObject({ name: "POS" });
    await access.close();
  });

  test("keeps to the list it has when the file is spoilt while it runs, and says so", async () => {
    const { lines } = await run("add", "--name", "POS");
    const log = recordingLogger();
    const access = await openAccess({ dataDir, world: new VirtualWorld(), log });
    await writeFile(path, "spoilt");
    expect(access.authenticate(lines.at(-1), undefined)).toMatchObject({ name: "POS" });
    expect(log.records).toContainEqual(expect.objectContaining({ level: "error" }));
    await access.close();
  });
});

describe("tillbridge access", () => {
  test("add prints the token alone on the last line, once, and list never shows it", async () => {
    const { lines } = await run("add", "--name", "POS", "--origin", "https://pos.example.com");
    expect(lines.at(-1)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const listed = await run("list");
    expect(listed.lines).toEqual([
      expect.stringMatching(/^POS\thttps:\/\/pos\.example\.com\tread,sell,refund,settings\tsince /),
    ]);
    expect(JSON.stringify(listed)).not.toContain(lines.at(-1));
  });

  test("add makes another token each time", async () => {
    const tokens = [await run("add", "--name", "one"), await run("add", "--name", "two")].map((it) => it.lines.at(-1));
    expect(new Set(tokens).size).toBe(2);
  });

  test("add refuses a name that is taken", async () => {
    await run("add", "--name", "POS");
    expect((await run("add", "--name", "POS")).exitCode).toBe(1);
  });

  test("works before the data directory exists", async () => {
    await rm(dataDir, { recursive: true });
    expect((await run("add", "--name", "POS")).exitCode).toBe(0);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  test("revoke of nobody fails", async () => {
    expect(await run("revoke", "POS")).toEqual({ exitCode: 1, lines: ["There is no client named POS."] });
  });

  test.each([
    [[]],
    [["grant"]],
    [["list", "more"]],
    [["approve"]],
    [["revoke"]],
    [["add"]],
    [["add", "--name", ""]],
    [["add", "--name", "POS", "--origin", "pos.example.com"]],
    [["add", "--name", "POS", "--origin", "https://pos.example.com/"]],
    [["add", "--name", "POS", "--colour", "red"]],
  ])("%j is wrong usage", async (argv) => {
    expect(await run(...argv)).toEqual({ exitCode: 2, lines: [expect.stringContaining("tillbridge access add")] });
  });
});
