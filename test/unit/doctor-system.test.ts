import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkBrowsers } from "../../daemon/cli/doctor/browsers.ts";
import type { Check } from "../../daemon/cli/doctor/check.ts";
import { checkConfigFile } from "../../daemon/cli/doctor/config-file.ts";
import { checkDataFolder } from "../../daemon/cli/doctor/data-folder.ts";
import { checkDisk, type DiskTest, systemDisk } from "../../daemon/cli/doctor/disk.ts";
import { as, asMyself } from "../../daemon/cli/doctor/may-use.ts";
import { checkMemory } from "../../daemon/cli/doctor/memory.ts";
import { checkPermissions } from "../../daemon/cli/doctor/permissions.ts";
import { checkPort } from "../../daemon/cli/doctor/port.ts";
import { checkService, checkServiceOn } from "../../daemon/cli/doctor/service.ts";
import { checkServiceDevices } from "../../daemon/cli/doctor/service-devices.ts";
import { checkUpgrade } from "../../daemon/cli/doctor/upgrade.ts";
import { checkVersions, programOf } from "../../daemon/cli/doctor/versions.ts";
import { showUnit, type Unit } from "../../daemon/cli/system/systemd.ts";
import { nodeRange } from "../../daemon/version.ts";
import { checkSerialScanner } from "../../drivers/serial-scanner/check.ts";
import { thisSystem } from "../../service/system.ts";
import { freePort } from "../support/free-port.ts";
import { checkout } from "../support/imports.ts";
import { MemorySystem } from "../support/memory-system.ts";

const leftovers: string[] = [];
afterEach(async () => {
  for (const folder of leftovers.splice(0)) await rm(folder, { recursive: true });
});

async function folder(above = tmpdir()): Promise<string> {
  const made = await mkdtemp(join(above, "tillbridge-doctor-"));
  leftovers.push(made);
  return made;
}

const isOk = { state: "ok" };
const says = (state: Check["state"], words: string) => ({ state, says: expect.stringContaining(words) });

const running: Unit = {
  LoadState: "loaded",
  ActiveState: "active",
  SubState: "running",
  UnitFileState: "enabled",
  Result: "success",
  NRestarts: "0",
  MainPID: "321",
  User: "tillbridge",
  SupplementaryGroups: "dialout",
  ActiveEnterTimestamp: "Mon 2026-11-23 08:00:00 UTC",
  ConditionResult: "yes",
  StatusText: "",
  NeedDaemonReload: "no",
  FragmentPath: "/usr/lib/systemd/system/tillbridge.service",
};

describe("the doctor, about the service", () => {
  test("is content when it runs and starts with the computer", () => {
    expect(checkService(running, true)).toMatchObject(says("ok", "since Mon 2026-11-23 08:00:00 UTC"));
  });

  test.each<[string, Partial<Unit>, Check["state"], string]>([
    ["is not installed", { LoadState: "not-found", ActiveState: "inactive" }, "failed", "not installed"],
    ["has failed", { ActiveState: "failed", Result: "exit-code" }, "failed", "has failed (exit-code)"],
    ["ends over and over", { ActiveState: "activating", SubState: "auto-restart" }, "failed", "again and again"],
    ["is starting", { ActiveState: "activating", SubState: "start" }, "warning", "is starting"],
    ["was stopped", { ActiveState: "inactive", SubState: "dead" }, "failed", "does not run"],
    ["will not come back after a restart", { UnitFileState: "disabled" }, "failed", "will not start with the computer"],
    ["goes by an old unit", { NeedDaemonReload: "yes" }, "warning", "older version"],
    ["was started anew many times", { NRestarts: "3" }, "warning", "3 times"],
  ])("says that it %s, and what to do", (_what, change, state, words) => {
    const check = checkService({ ...running, ...change }, true);
    expect(check).toMatchObject({ ...says(state, words), hint: expect.stringMatching(/\w/) });
  });

  test("leaves a till alone that is no service", () => {
    expect(checkService(undefined, false).state).toBe("unknown");
    expect(checkService(undefined, true).state).toBe("unknown");
  });

  test.each([
    ["windows", "sc.exe query tillbridge", "        STATE              : 4  RUNNING \r\n"],
    ["macos", "launchctl print system/com.tillbridge.daemon", "\tstate = running\n"],
  ] as const)("asks the service manager of %s too", async (platform, command, output) => {
    const system = new MemorySystem();
    expect(await checkServiceOn(platform, system, true)).toMatchObject({
      ...says("failed", "does not run"),
      hint: expect.stringContaining("tillbridge service install"),
    });
    system.outputs.set(command, output);
    expect(await checkServiceOn(platform, system, true)).toMatchObject(isOk);
    expect((await checkServiceOn(platform, system, false)).state).toBe("unknown");
  });

  test("finds a service that runs but does not listen where the settings say", async () => {
    const port = await freePort();
    expect(await checkPort(port, false)).toMatchObject(says("ok", "is free"));
    expect(await checkPort(port, false, true)).toMatchObject({
      ...says("failed", "nobody answers on port"),
      hint: expect.stringContaining("Restart"),
    });
  });

  test("reads what systemctl prints, and does without systemd", async () => {
    const printed = Object.entries(running)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("");
    expect(await showUnit({ output: async () => printed })).toEqual(running);
    expect(await showUnit({ output: async () => undefined })).toBeUndefined();
    expect(await showUnit({ output: async () => "System has not been booted with systemd" })).toBeUndefined();
  });
});

describe("the doctor, about versions", () => {
  const fitting = { program: "1.2.0", service: "1.2.0", node: "24.21.0", nodeRange, serviceFile: "/usr/lib/node" };

  test("is content when all fit, whether or not the service answers", () => {
    expect(checkVersions(fitting)).toMatchObject(isOk);
    expect(checkVersions({ ...fitting, service: undefined, serviceFile: undefined })).toMatchObject(isOk);
    expect(checkVersions({ ...fitting, node: "24.30.1" })).toMatchObject(isOk);
  });

  test.each(["24.20.9", "22.99.0", "25.0.0", "26.1.0"])("does not like Node %s", (node) => {
    expect(checkVersions({ ...fitting, node })).toMatchObject(says("failed", `Node ${node}`));
  });

  test("finds a service that was not restarted after an upgrade", async () => {
    expect(checkVersions({ ...fitting, service: "1.1.0" })).toMatchObject(says("warning", "service is 1.1.0"));
    const replaced = { ...fitting, serviceFile: "/usr/lib/tillbridge/node (deleted)" };
    expect(checkVersions(replaced)).toMatchObject(says("warning", "replaced on disk"));
    expect(await programOf(String(process.pid))).toContain("node");
    expect(await programOf("0")).toBeUndefined();
  });
});

describe("the doctor, about memory", () => {
  const files =
    (meminfo: string, status = "") =>
    async (file: string) =>
      file === "meminfo" ? meminfo : status;
  const megabytes = (name: string, count: number) => `${name}:   ${count * 1024} kB\n`;

  test("is content when there is some, says when there is not, and is silent where the system is", async () => {
    const plenty = megabytes("MemAvailable", 900);
    expect(await checkMemory("321", files(plenty, megabytes("VmRSS", 80)))).toEqual([
      { name: "memory", state: "ok", says: "900 MB of memory are left; the service uses 80 MB." },
    ]);
    expect(await checkMemory("", files(megabytes("MemAvailable", 40)))).toMatchObject([says("warning", "Only 40 MB")]);
    const greedy = await checkMemory("321", files(plenty, megabytes("VmRSS", 900)));
    expect(greedy).toMatchObject([says("warning", "The service uses 900 MB")]);
    expect(await checkMemory("321", files(""))).toEqual([]);
    expect(await checkMemory("0")).toMatchObject([{ name: "memory" }]);
  });
});

describe("the doctor, about the disk", () => {
  /** A disk that takes so many milliseconds for each sync, by a clock of its own. */
  function diskOf(syncMs: number, mounts = ""): DiskTest {
    let now = 0;
    return {
      sync: () => {
        now += syncMs;
      },
      monotonicMs: () => now,
      mounts: async () => mounts,
    };
  }

  test("tells how many synced commits it confirms per second", async () => {
    const check = await checkDisk(await folder(), diskOf(2));
    expect(check).toEqual({ name: "disk", state: "ok", says: "The disk confirms 500 synced commits per second." });
  });

  test("warns when it is faster than a disk can be, and when a customer would have to wait for it", async () => {
    expect(await checkDisk(await folder(), diskOf(0.01))).toMatchObject(says("warning", "no disk is that fast"));
    expect(await checkDisk(await folder(), diskOf(400))).toMatchObject(says("warning", "only 2.5 synced commits"));
  });

  test("really writes and syncs, and leaves nothing behind", async () => {
    const here = await folder();
    expect(
      (
        await checkDisk(
          here,
          systemDisk(() => performance.now()),
        )
      ).says,
    ).toMatch(/confirms (?:only )?[\d.]+ synced/);
    expect(await readdir(here)).toEqual([]);
    expect(await checkDisk(join(here, "none"), diskOf(2))).toMatchObject({ state: "unknown" });
  });

  test("finds a file system that does not make the disk write things through", async () => {
    const here = await folder();
    const line = (at: string, options: string) => `36 25 254:1 / ${at} rw,relatime - ext4 /dev/vda1 ${options}\n`;
    const careless = line("/", "rw") + line(here, "rw,nobarrier");
    expect(await checkDisk(join(here, "data"), diskOf(2, careless))).toMatchObject(says("failed", "nobarrier"));
    await mkdir(join(here, "data"));
    const elsewhere = line("/", "rw") + line("/elsewhere", "rw,barrier=0");
    expect(await checkDisk(join(here, "data"), diskOf(2, elsewhere))).toMatchObject(isOk);
  });
});

describe("the doctor, about the data folder", () => {
  test("is content with a private folder of the service's user, and with nothing else", async () => {
    // Of all disks here the checkout's own is the one that is none in memory.
    const here = await folder(join(checkout, ".cache"));
    expect(await checkDataFolder(here)).toMatchObject(isOk);
    expect(await checkDataFolder(here, userInfo().uid + 1)).toMatchObject(says("failed", "belongs to another user"));
    await chmod(here, 0o750);
    expect(await checkDataFolder(here)).toMatchObject(says("failed", "Other users may read"));
    expect(await checkDataFolder(join(here, "none"))).toMatchObject(says("warning", "does not exist yet"));
    await writeFile(join(here, "file"), "");
    expect(await checkDataFolder(join(here, "file"))).toMatchObject(says("failed", "not a folder"));
    expect(await checkDataFolder("/dev/shm")).toMatchObject({ state: "failed" });
  });
});

describe("the doctor, about the file of the settings", () => {
  async function settings(mode: number, clientSecret: unknown): Promise<string> {
    const file = join(await folder(), "tillbridge.json");
    await writeFile(file, JSON.stringify({ mobilepay: { clientSecret } }));
    await chmod(file, mode);
    return file;
  }

  test("is content when no stranger can read a key or change anything", async () => {
    expect(await checkConfigFile(await settings(0o640, { file: "client-secret" }))).toMatchObject(isOk);
    expect(await checkConfigFile(await settings(0o600, "canary"))).toMatchObject(isOk);
  });

  test("warns when others can read a key, or change the settings", async () => {
    expect(await checkConfigFile(await settings(0o644, "canary"))).toMatchObject(says("warning", "read the keys"));
    const open = await checkConfigFile(await settings(0o666, { file: "client-secret" }));
    expect(open).toMatchObject(says("warning", "change them"));
  });
});

describe("the doctor, about permissions", () => {
  test("knows by owner, group and mode what another user may read and write", async () => {
    const file = join(await folder(), "node");
    await writeFile(file, "");
    await chmod(file, 0o660);
    const { uid, gid } = userInfo();
    expect(await as({ uid, gids: [] })(file)).toBeUndefined();
    expect(await as({ uid: uid + 1, gids: [gid] })(file)).toBeUndefined();
    expect(await as({ uid: uid + 1, gids: [gid + 1] })(file)).toBe("EACCES");
    expect(await as({ uid, gids: [] })(`${file}-none`)).toBe("ENOENT");
    expect(await asMyself(file)).toBeUndefined();
    expect(await asMyself(`${file}-none`)).toBe("ENOENT");
  });

  test("tells a serial port that the service may use from one that it may not, and from none", async () => {
    const path = join(await folder(), "port");
    await writeFile(path, "");
    await chmod(path, 0o660);
    const stranger = as({ uid: userInfo().uid + 1, gids: [] });
    expect(await checkSerialScanner({ path }, asMyself)).toMatchObject(isOk);
    expect(await checkSerialScanner({ path }, stranger)).toMatchObject({
      ...says("failed", "may not use"),
      hint: expect.stringContaining("dialout"),
    });
    expect(await checkSerialScanner({ path: `${path}-none` }, asMyself)).toMatchObject(says("failed", "ENOENT"));
  });

  test("looks for the rules that the package brings", async () => {
    const here = await folder();
    const folders = { udev: [join(here, "udev")], polkit: [join(here, "polkit")] };
    const devices = [{ driver: "hid-scanner" }, { driver: "nfc-reader" }] as const;
    expect(await checkPermissions(devices, folders)).toMatchObject([
      { name: "udev", state: "failed" },
      { name: "polkit", state: "warning" },
    ]);
    expect(await checkPermissions([], folders)).toMatchObject([{ name: "udev", state: "warning" }]);
    for (const name of ["udev", "polkit"]) {
      await mkdir(join(here, name));
      await writeFile(join(here, name, "60-tillbridge.rules"), "");
    }
    expect(await checkPermissions(devices, folders)).toMatchObject([
      { name: "udev", state: "ok" },
      { name: "polkit", state: "ok" },
    ]);
  });

  test("repeats what the running service says of its devices", () => {
    const device = (state: string, detail?: string) => ({ deviceId: "serial-scanner-1", name: "1950g", state, detail });
    const about = (state: string, detail?: string) =>
      checkServiceDevices({ status: "ok", devices: [device(state, detail)] });
    expect(about("ready")).toMatchObject([isOk]);
    expect(about("lost", "unplugged")).toMatchObject([says("failed", "unplugged")]);
    expect(about("failed", "in use by another program: close it")).toMatchObject([says("failed", "in use")]);
    expect(about("connecting")).toMatchObject([{ state: "unknown" }]);
    expect(checkServiceDevices(undefined)).toEqual([]);
  });
});

describe("the doctor, about upgrades", () => {
  const debian = (said: string | undefined, isThere = false) => ({
    output: async () => said,
    isThere: async () => isThere,
  });

  test("is content with a package that is installed whole, and silent where there is none", async () => {
    expect(await checkUpgrade(debian("install ok installed|1.2.0"))).toMatchObject([isOk]);
    expect(await checkUpgrade(debian(undefined))).toEqual([]);
  });

  test("finds one that was cut off, and one after which the version before came back", async () => {
    const cut = await checkUpgrade(debian("install ok half-configured|1.3.0", true));
    expect(cut).toMatchObject([says("warning", "was cut off")]);
    expect(cut[0]?.hint).toContain("dpkg --configure -a");
    const half = await checkUpgrade(debian("install reinstreq half-installed|1.3.0", true));
    expect(half[0]?.hint).toContain("install a package again");
    const back = await checkUpgrade(debian("install ok half-configured|1.3.0"));
    expect(back).toMatchObject([says("warning", "upgrade to 1.3.0")]);
  });
});

describe("the doctor, about browsers", () => {
  const page = "https://pos.example.com";
  const managed = "etc/chromium/policies/managed";

  async function computer(policy?: Readonly<Record<string, unknown>>) {
    const root = await folder();
    await mkdir(join(root, "usr/bin"), { recursive: true });
    await writeFile(join(root, "usr/bin/chromium"), "");
    if (policy) await mkdir(join(root, managed), { recursive: true });
    if (policy) await writeFile(join(root, managed, "tillbridge.json"), JSON.stringify(policy));
    return thisSystem(root);
  }

  test("is content when the policy for the page is in force, and with a till without pages", async () => {
    const lets = { LoopbackNetworkAllowedForUrls: [page], LocalNetworkAccessAllowedForUrls: [page] };
    expect(await checkBrowsers([page], await computer(lets))).toMatchObject([
      { name: "browser.chromium", state: "ok" },
    ]);
    expect(await checkBrowsers([], await computer())).toEqual([]);
    expect(await checkBrowsers([page], thisSystem(await folder()))).toEqual([]);
  });

  test("says when the browser will ask, when a policy forbids, and when no policy can help", async () => {
    const asks = await checkBrowsers([page], await computer());
    expect(asks).toMatchObject([{ ...says("warning", "asks the cashier"), hint: expect.stringContaining("install") }]);
    const forbids = await checkBrowsers([page], await computer({ LoopbackNetworkBlockedForUrls: [page] }));
    expect(forbids).toMatchObject([says("failed", "a policy forbids it")]);
    const plain = await checkBrowsers(["http://pos.example.com"], await computer());
    expect(plain).toMatchObject([says("failed", "not encrypted")]);
  });
});
