import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createSystemdNotifier } from "../../daemon/lifecycle/systemd-notifier.ts";
import { realWorld } from "../../daemon/world.ts";

const world = realWorld();

async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-systemd-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** systemd's end of the socket: a real unix datagram socket. Each datagram is a line, its variables apart by spaces. */
async function listen(folder: string): Promise<{ socket: string; heard: () => string[]; socat: ChildProcess }> {
  const socket = join(folder, "notify");
  const heard: string[] = [];
  const socat = spawn("socat", ["-u", `UNIX-RECV:${socket}`, "STDOUT"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void socat.kill("SIGKILL"));
  socat.stdout.on("data", (chunk: Buffer) => heard.push(chunk.toString().trim().replaceAll("\n", " ")));
  await expect.poll(() => readFile(socket).catch((error: NodeJS.ErrnoException) => error.code)).not.toBe("ENOENT");
  return { socket, heard: () => heard, socat };
}

/** Stand-ins for systemd's programs, where the messenger looks for them. */
async function programs(folder: string, scripts: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, script] of Object.entries(scripts))
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${folder}:/usr/bin:/bin`;
}

describe("systemd", () => {
  test("hears each word as one datagram, through its own program", async () => {
    const folder = await folderOfTest();
    const { socket, heard } = await listen(folder);
    // The real program waits until systemd has answered for it, which only systemd does.
    const folders = await programs(folder, { "systemd-notify": 'exec /usr/bin/systemd-notify --no-block "$@"' });
    const messenger = createSystemdNotifier({ socket, world, folders });
    await messenger.notify("READY=1", "STATUS=listening on ws://127.0.0.1:8455/v1 * \n?");
    await messenger.notify("WATCHDOG=1");
    await expect.poll(heard).toEqual(["READY=1 STATUS=listening on ws://127.0.0.1:8455/v1 *  ?", "WATCHDOG=1"]);
  });

  test("that does not take a word is an error, and the next word is tried again", async () => {
    const folder = await folderOfTest();
    const folders = await programs(folder, { "systemd-notify": `[ -e ${folder}/works ]` });
    const messenger = createSystemdNotifier({ socket: join(folder, "none"), world, folders });
    await expect(messenger.notify("READY=1")).rejects.toThrow("did not take it");
    await writeFile(join(folder, "works"), "");
    await messenger.notify("READY=1");
  });

  test("that hangs is given up after a while, and what is said next goes to another shell at once", async () => {
    const folder = await folderOfTest();
    // Until the test has ended.
    const hangs = `[ ! -e ${folder}/hung ] || exit 0; touch ${folder}/hung; while [ -e ${folder}/hung ]; do sleep 0.05; done`;
    const folders = await programs(folder, { "systemd-notify": hangs });
    const isHung = async () => {
      await expect.poll(() => readFile(join(folder, "hung"), "utf8")).toBe("");
    };
    let patience = isHung();
    const impatient = { sleep: () => patience };
    const messenger = createSystemdNotifier({ socket: join(folder, "none"), world: impatient, folders });
    await expect(messenger.notify("READY=1")).rejects.toThrow("did not take it");
    patience = new Promise(() => {});
    await messenger.notify("READY=1");
  });
});

describe("the shutdown inhibitor", () => {
  const inhibitor = (folder: string) => `
    echo "$@" >>${folder}/asked
    trap 'echo released >>${folder}/asked; exit 143' TERM
    while :; do sleep 0.05; done`;

  test("is systemd's own, held until it is released, and bounded by itself", async () => {
    const folder = await folderOfTest();
    const folders = await programs(folder, { "systemd-inhibit": inhibitor(folder) });
    const messenger = createSystemdNotifier({ socket: join(folder, "none"), world, folders });
    const asked = () => readFile(join(folder, "asked"), "utf8").catch(() => "");
    await messenger.inhibitShutdown(180);
    await expect.poll(asked).toContain("--what=shutdown --who=Tillbridge");
    expect(await asked()).toMatch(/--mode=block systemd-inhibit --what=sleep .* --mode=block sleep 180\n$/);
    await messenger.releaseInhibitor();
    expect(await asked()).toMatch(/released\n$/);
  });

  test("that is refused or not there is an error", async () => {
    const folder = await folderOfTest();
    const hasEnded = `until [ -s ${folder}/pid ]; do sleep 0.01; done; stat="/proc/$(cat ${folder}/pid)/stat"; while [ -e "$stat" ] && ! grep -qs ') Z' "$stat"; do sleep 0.01; done`;
    const folders = await programs(folder, {
      "systemd-inhibit": `echo $$ >${folder}/pid; exit 1`,
      "systemd-notify": hasEnded,
    });
    const messenger = createSystemdNotifier({ socket: join(folder, "none"), world, folders });
    await messenger.inhibitShutdown(180);
    await messenger.notify("STATUS=it has ended");
    await expect(messenger.releaseInhibitor()).rejects.toThrow("did not take it");
  });

  test("goes with the till, however that ends", async () => {
    const folder = await folderOfTest();
    const folders = await programs(folder, { "systemd-inhibit": inhibitor(folder) });
    const source = `
      const { createSystemdNotifier } = await import(${JSON.stringify(new URL("../../daemon/lifecycle/systemd-notifier.ts", import.meta.url).href)});
      const world = { sleep: () => new Promise(() => {}) };
      await createSystemdNotifier({ socket: "/none", world, folders: ${JSON.stringify(folders)} }).inhibitShutdown(180);
      setInterval(() => {}, 1000);`;
    const till = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: "inherit" });
    const asked = () => readFile(join(folder, "asked"), "utf8").catch(() => "");
    await expect.poll(asked).toContain("--mode=block");
    till.kill("SIGKILL");
    await once(till, "exit");
    await expect.poll(asked).toContain("released");
  });
});
