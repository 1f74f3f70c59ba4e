import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { carryOut, StepFailed } from "../../service/carry-out.ts";
import { installPlan, uninstallPlan } from "../../service/install.ts";
import { CannotInstall, type Installation } from "../../service/installation.ts";
import { plist } from "../../service/launchd/plist.ts";
import { type InstallPlan, type TargetPlatform, reversed, type InstallStep } from "../../service/plan.ts";
import { isRunning } from "../../service/status.ts";
import { thisSystem } from "../../service/system.ts";
import { checkout } from "../support/imports.ts";
import { MemorySystem } from "../support/memory-system.ts";
import { plistIn } from "../support/plist.ts";
import { wordsOf } from "../support/windows-words.ts";

const pos = "https://pos.example.com";
const environment = { ProgramFiles: "C:\\Program Files", ProgramData: "C:\\ProgramData" };
const folders: Readonly<Record<TargetPlatform, string>> = {
  linux: "/opt/tillbridge",
  windows: "C:\\Users\\installer\\Downloads\\tillbridge",
  macos: "/Volumes/Tillbridge",
};
const unit = "[Service]\nExecStart=/usr/bin/tillbridge run\n";

let system: MemorySystem;

beforeEach(() => {
  system = new MemorySystem();
  system.folders.add("/etc");
});

function installation(platform: TargetPlatform): Installation {
  const folder = folders[platform];
  const node = platform === "windows" ? `${folder}\\node.exe` : `${folder}/node`;
  return { platform, environment, system, program: { folder, node, version: "1.2.3" } };
}

async function commandsFor(platform: TargetPlatform, more: Partial<Installation> = {}): Promise<string[]> {
  const plan = await installPlan([pos], { ...installation(platform), ...more });
  return plan.flatMap((step) => (step.do === "run" ? [step.command.join(" ")] : []));
}

function indexOf(steps: InstallPlan, wanted: (step: InstallStep) => boolean): number {
  const index = steps.findIndex(wanted);
  if (index < 0) throw new Error("there is no such step");
  return index;
}

const runs = (words: string) => (step: InstallStep) => step.do === "run" && step.command.join(" ").startsWith(words);

describe("a plan", () => {
  test("says why for each of its steps, on every system", async () => {
    system.put("/opt/tillbridge/service/systemd/tillbridge.service", unit);
    for (const platform of ["linux", "windows", "macos"] as const) {
      const plan = await installPlan([pos], installation(platform));
      expect(plan.length).toBeGreaterThan(5);
      expect(plan.filter(({ why }) => !/^[A-Z].*\.$/.test(why))).toEqual([]);
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    }
  });

  test("is taken back from its last step to its first", () => {
    const plan: InstallPlan = [
      { do: "folder", path: "/a", why: "A." },
      { do: "file", path: "/a/b", content: "x", mode: "644", why: "B." },
      { do: "run", command: ["start"], why: "C.", undo: { do: "run", command: ["stop"], why: "D." } },
      { do: "folder", path: "/journal", why: "E.", undo: "nothing" },
    ];
    expect(reversed(plan)).toMatchObject([
      { do: "run", command: ["stop"] },
      { do: "removeFile", path: "/a/b" },
      { do: "removeFolder", path: "/a", whenEmpty: true },
    ]);
  });

  test("stops at the first step that fails, and says which, why, and what to do", async () => {
    system.codes.set("useradd", 9).set("systemctl", 3);
    const plan: InstallPlan = [
      { do: "run", command: ["useradd", "x"], okExitCodes: [9], why: "A." },
      { do: "run", command: ["systemctl", "daemon-reload"], why: "B." },
      { do: "file", path: "/never", content: "", mode: "644", why: "C." },
    ];
    const failure = await carryOut(plan, system).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StepFailed);
    expect(String(failure)).toContain("step 2 of 3 failed: run systemctl daemon-reload: it ended with 3");
    expect(String(failure)).toContain("run the same command again");
    expect(system.files.has("/never")).toBe(false);
  });

  test("says so when only root may do it", async () => {
    system.write = () => Promise.reject(Object.assign(new Error("no"), { code: "EACCES" }));
    const plan: InstallPlan = [{ do: "file", path: "/etc/x", content: "", mode: "644", why: "A." }];
    await expect(carryOut(plan, system)).rejects.toThrow("write /etc/x: EACCES: run it as root");
  });
});

describe("a step that waits", () => {
  const waits: InstallStep = {
    do: "wait",
    command: ["sc.exe", "query", "x"],
    until: ": 4",
    secondsMax: 30,
    otherwise: "x does not run",
    why: "A.",
  };

  test("is done as soon as the program prints what was waited for", async () => {
    let asked = 0;
    system.output = () => Promise.resolve((asked += 1) < 3 ? "STATE : 2" : "STATE : 4");
    await carryOut([waits], system);
    expect([asked, system.pausedMs < 30_000]).toEqual([3, true]);
  });

  test("fails after its time, with what the program said at last", async () => {
    system.outputs.set("sc.exe query x", "  STATE :  1  STOPPED\r\n");
    await expect(carryOut([waits], system)).rejects.toThrow(
      "wait for sc.exe query x: x does not run (STATE : 1 STOPPED)",
    );
    expect(system.pausedMs).toBe(30_000);
  });
});

describe("an open payment", () => {
  const settings = "/settings/tillbridge.json";

  test.each(["windows", "macos"] as const)(
    "stops an installation and a removal on %s before anything is touched",
    async (platform) => {
      system.put(settings, "{}");
      const { folder, node } = installation(platform).program;
      system.codes.set(`${node} ${folder}${platform === "windows" ? "\\dist\\" : "/dist/"}main.mjs idle`, 3);
      const before = system.everything();
      const plans = [
        await installPlan([pos], { ...installation(platform), settings }),
        await uninstallPlan({ ...installation(platform), settings }),
      ];
      for (const plan of plans) await expect(carryOut(plan, system)).rejects.toThrow("step 1 of");
      expect(system.everything()).toEqual(before);
      expect(system.ran).toHaveLength(2);
    },
  );

  test("is not asked about where there are no settings", async () => {
    const [first] = await installPlan([], { ...installation("windows"), settings });
    expect(first).toMatchObject({ command: ["net.exe", "stop", "tillbridge"] });
  });
});

describe("settings and keys that are there before the service", () => {
  const settings = "/settings/tillbridge.json";
  const till = { settings, keyFiles: ["/settings/client-id", "/settings/broker-password"] };

  beforeEach(() => {
    system.put(settings, "{}");
    system.put("/settings/client-id", "id");
  });

  test.each([
    ["linux", "useradd", "systemctl enable", ["chown root:tillbridge", "chown root:root"]],
    ["macos", "dscl", "launchctl bootstrap", ["chown root:_tillbridge", "chown _tillbridge:_tillbridge"]],
  ] as const)(
    "are made readable on %s for root and the service's user alone, when it is there and before it starts",
    async (platform, makesUser, starts, [settingsWords, keyWords]) => {
      system.put("/opt/tillbridge/service/systemd/tillbridge.service", unit);
      const commands = await commandsFor(platform, till);
      const given = commands.filter((words) => words.startsWith("chown") && words.includes("/settings/"));
      expect(given).toEqual([`${settingsWords} ${settings}`, `${keyWords} /settings/client-id`]);
      const places = [makesUser, given[0] ?? "", given[1] ?? "", starts].map((words) =>
        commands.findLastIndex((command) => command.startsWith(words)),
      );
      expect(places).toEqual(places.toSorted((one, other) => one - other));
    },
  );

  test("are made so also where the package has brought the user", async () => {
    system.put("/usr/lib/systemd/system/tillbridge.service", unit);
    expect(await commandsFor("linux", till)).toEqual([
      `chown root:tillbridge ${settings}`,
      "chown root:root /settings/client-id",
      "systemctl enable --now tillbridge.service",
    ]);
  });

  test("need nobody on Windows, where the folder has a list of who may read", async () => {
    expect((await commandsFor("windows", till)).filter((words) => words.startsWith("chown"))).toEqual([]);
  });
});

describe("the plan for Linux", () => {
  test("only tells systemd where the package has brought all files", async () => {
    system.put("/usr/lib/systemd/system/tillbridge.service", unit);
    expect(await commandsFor("linux")).toEqual(["systemctl enable --now tillbridge.service"]);
    const plan = await uninstallPlan(installation("linux"));
    expect(plan).toMatchObject([{ command: ["systemctl", "disable", "--now", "tillbridge.service"] }]);
  });

  test("from an archive writes the unit, its rules and a user, and takes all of it back", async () => {
    const rules = ["60-tillbridge.rules", "60-tillbridge.polkit.rules", "tillbridge.modprobe.conf"];
    for (const file of rules) system.put(`/opt/tillbridge/service/systemd/${file}`, "rule");
    system.put("/opt/tillbridge/service/systemd/tillbridge.service", unit);
    const unpacked = [...system.files];
    await carryOut(await installPlan([pos], installation("linux")), system);
    const content = (path: string) => system.files.get(path)?.content;
    expect(content("/etc/systemd/system/tillbridge.service")).toBe(
      "[Service]\nExecStart=/usr/local/bin/tillbridge run\n",
    );
    expect(content("/usr/local/bin/tillbridge")).toContain("'/opt/tillbridge/node'");
    for (const path of ["udev/rules.d/60-tillbridge", "polkit-1/rules.d/60-tillbridge"])
      expect(content(`/etc/${path}.rules`)).toBe("rule");
    expect(content("/etc/modprobe.d/tillbridge.conf")).toBe("rule");
    system.ran.length = 0;
    await carryOut(await uninstallPlan(installation("linux")), system);
    expect([...system.files]).toEqual(unpacked);
    expect(system.folders.has("/etc/tillbridge")).toBe(true);
    expect(system.ran.map((words) => words.slice(0, 2).join(" "))).toEqual([
      "systemctl disable",
      "systemctl daemon-reload",
      "userdel tillbridge",
    ]);
  });

  test.each(["", "dist", "dist/main.mjs"])(
    "is refused for a program that others may change (at /%s)",
    async (spoilt) => {
      const folder = await mkdtemp(join(tmpdir(), "service-plan-"));
      await mkdir(join(folder, "dist"));
      await writeFile(join(folder, "dist/main.mjs"), "");
      await chmod(join(folder, spoilt), 0o777);
      const real = thisSystem();
      system.output = (command) =>
        real.output(command.map((word) => (word === "/opt/tillbridge" ? folder : word === "/opt" ? "/usr" : word)));
      await expect(installPlan([pos], installation("linux"))).rejects.toThrow(
        /others than root may change .*service runs/,
      );
      await rm(folder, { recursive: true });
    },
  );

  test("is refused for a program in a folder that services cannot see", async () => {
    const { program, ...rest } = installation("linux");
    const plan = installPlan([pos], { ...rest, program: { ...program, folder: "/home/someone/tillbridge" } });
    await expect(plan).rejects.toThrow(CannotInstall);
    await expect(plan).rejects.toThrow("/opt/tillbridge");
  });
});

describe("the plan for Windows", () => {
  const query = "sc.exe query tillbridge";

  beforeEach(() => {
    system.outputs.set(query, "        STATE              : 4  RUNNING \r\n");
    system.put("C:\\ProgramData\\Tillbridge\\tillbridge.json", "{}");
    system.set("HKLM\\SYSTEM\\CurrentControlSet\\Services\\SCardSvr", "Start", "0x3");
  });

  test("makes a service that starts by itself, delayed, and again after 10, 30 and 60 seconds", async () => {
    const commands = await commandsFor("windows");
    expect(commands.find((words) => words.startsWith("sc.exe create"))).toMatch(
      /start= delayed-auto obj= NT SERVICE\\tillbridge/,
    );
    expect(commands).toContain(
      "sc.exe failure tillbridge reset= 86400 actions= restart/10000/restart/30000/restart/60000",
    );
    expect(commands).toContain("sc.exe failureflag tillbridge 1");
    expect(commands.at(-1)).toBe("net.exe start tillbridge");
  });

  test("fails when the service does not run in the end, though net.exe answers 2 to that as to one that runs already", async () => {
    system.codes.set("net.exe start", 2);
    await carryOut(await installPlan([pos], installation("windows")), system);
    system.outputs.set(query, "        STATE              : 1  STOPPED \r\n");
    await expect(carryOut(await installPlan([pos], installation("windows")), system)).rejects.toThrow(
      "the service does not run: C:\\ProgramData\\Tillbridge\\logs says why (STATE : 1 STOPPED)",
    );
  });

  test("starts nothing by itself while there are no settings", async () => {
    system.files.clear();
    const commands = await commandsFor("windows");
    expect(commands.find((words) => words.startsWith("sc.exe create"))).toContain("start= demand");
    expect(commands).not.toContain("net.exe start tillbridge");
  });

  test("hands the wrapper a command line that Windows takes apart as it was meant", async () => {
    const plan = await installPlan([pos], installation("windows"));
    const create = plan.find(runs("sc.exe create"));
    const binPath = create?.do === "run" ? (create.command[create.command.indexOf("binPath=") + 1] ?? "") : "";
    const words = wordsOf(binPath);
    expect(words.slice(0, 2)).toEqual(["C:\\Program Files\\Tillbridge\\shawl.exe", "run"]);
    expect(words.slice(words.indexOf("--") + 1)).toEqual([
      "C:\\Program Files\\Tillbridge\\node.exe",
      "--max-semi-space-size=1",
      "C:\\Program Files\\Tillbridge\\dist\\main.mjs",
      "run",
    ]);
    const options = words.slice(2, words.indexOf("--"));
    for (const option of ["--no-restart", "--kill-process-tree"]) expect(options).toContain(option);
    expect(Number(options[options.indexOf("--stop-timeout") + 1])).toBeGreaterThan(8000);
    expect(options).toContain("TILLBRIDGE_LOG_FILE=C:\\ProgramData\\Tillbridge\\logs\\tillbridge.log");
  });

  test("asks for an administrator's rights when it is removed from Installed apps, and leaves what it said on the screen", async () => {
    const plan = await installPlan([pos], installation("windows"));
    const entry = plan.find((step) => step.do === "setRegistry" && step.name === "UninstallString");
    expect(wordsOf(entry?.do === "setRegistry" ? entry.data : "")).toEqual([
      "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
      "-NoProfile",
      "-Command",
      "Start-Process -Verb RunAs -FilePath 'C:\\Program Files\\Tillbridge\\uninstall.cmd' -ArgumentList '/pause'",
    ]);
    expect(await readFile(join(checkout, "service/windows/uninstall.cmd"), "utf8")).toContain(
      'if "%~1"=="/pause" pause',
    );
  });

  test("closes the folder of the settings to everybody else before anything is started, by numbers that no language changes", async () => {
    const plan = await installPlan([pos], installation("windows"));
    const closed = indexOf(plan, runs("icacls.exe C:\\ProgramData\\Tillbridge /inheritance:r"));
    expect(closed).toBeGreaterThan(indexOf(plan, runs("sc.exe create")));
    expect(closed).toBeLessThan(indexOf(plan, runs("net.exe start tillbridge")));
    const words = plan.flatMap((step) => (step.do === "run" && step.command[0] === "icacls.exe" ? step.command : []));
    const grants = words.filter((word) => word.includes(":("));
    expect(grants.filter((grant) => !/^(\*S-1-5-18|\*S-1-5-32-544|NT SERVICE\\tillbridge):/.test(grant))).toEqual([]);
  });

  test("sets the smart-card service to start by itself, and back to what it was, also after a second installation", async () => {
    const config = "sc.exe config SCardSvr start=";
    await carryOut(await installPlan([pos], installation("windows")), system);
    expect(system.ran.map((words) => words.join(" "))).toContain(`${config} auto`);
    system.set("HKLM\\SYSTEM\\CurrentControlSet\\Services\\SCardSvr", "Start", "0x2");
    await carryOut(await installPlan([pos], installation("windows")), system);
    system.ran.length = 0;
    await carryOut(await uninstallPlan(installation("windows")), system);
    expect(system.ran.map((words) => words.join(" "))).toContain(`${config} demand`);
  });

  test("is taken back whole: the service stops before it goes, nothing stays in the registry, the journal does", async () => {
    system.set("HKLM\\SOFTWARE\\Policies", "theirs", "x");
    system.set("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall", "theirs", "x");
    const before = JSON.stringify([...system.values].map(([key, values]) => [key, [...values]]));
    await carryOut(await installPlan([pos], installation("windows")), system);
    expect(system.values.has("HKLM\\SOFTWARE\\Tillbridge")).toBe(true);
    const plan = await uninstallPlan(installation("windows"));
    expect(indexOf(plan, runs("net.exe stop tillbridge"))).toBeLessThan(indexOf(plan, runs("sc.exe delete")));
    await carryOut(plan, system);
    expect(JSON.stringify([...system.values].map(([key, values]) => [key, [...values]]))).toBe(before);
    const gone = plan.flatMap((step) => (step.do === "removeFolder" ? [step.path] : []));
    expect(gone).toEqual(["C:\\ProgramData\\Tillbridge\\logs"]);
  });
});

describe("the plan for macOS", () => {
  const job = "/Library/LaunchDaemons/com.tillbridge.daemon.plist";

  async function jobOf(): Promise<Record<string, unknown>> {
    await carryOut(await installPlan([pos], installation("macos")), system);
    return plistIn(system.files.get(job)?.content ?? "") as Record<string, unknown>;
  }

  test("is a launch daemon with a user of its own, kept running while there are settings", async () => {
    const settings = "/Library/Application Support/Tillbridge/tillbridge.json";
    expect(await jobOf()).toMatchObject({
      Label: "com.tillbridge.daemon",
      UserName: "_tillbridge",
      KeepAlive: { PathState: { [settings]: true } },
      ProgramArguments: [
        "/usr/local/lib/tillbridge/node",
        "--max-semi-space-size=1",
        "/usr/local/lib/tillbridge/dist/main.mjs",
        "run",
      ],
      ExitTimeOut: 15,
    });
    expect(system.ran.at(-1)).toEqual(["launchctl", "bootstrap", "system", job]);
  });

  test("gives all of the journal's folder to its user, also what root has written there", async () => {
    const commands = await commandsFor("macos");
    expect(commands).toContain("chown -R _tillbridge:_tillbridge /Library/Application Support/Tillbridge/data");
  });

  test("gives its user a number that nobody has", async () => {
    system.outputs.set("dscl . -list /Users UniqueID", "daemon 1\n_a 350\n_b 351\nperson 501\n");
    expect(await commandsFor("macos")).toContain("dscl . -create /Users/_tillbridge UniqueID 352");
  });

  test("is taken back: the job is unloaded first, then its file, its program and its user go", async () => {
    await jobOf();
    const plan = await uninstallPlan(installation("macos"));
    const order = [
      runs("launchctl bootout"),
      (step: InstallStep) => step.do === "removeFile" && step.path === job,
      runs("dscl . -delete"),
    ];
    const places = order.map((wanted) => indexOf(plan, wanted));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });

  test("is taken back with its group too, though its user is there by then", async () => {
    await jobOf();
    system.outputs.set("dscl . -read /Users/_tillbridge", "UniqueID: 350");
    const commands = (await uninstallPlan(installation("macos"))).flatMap((step) =>
      step.do === "run" ? [step.command.join(" ")] : [],
    );
    expect(commands.filter((command) => command.startsWith("dscl . -delete"))).toEqual([
      "dscl . -delete /Users/_tillbridge",
      "dscl . -delete /Groups/_tillbridge",
    ]);
  });

  test("a property list says what it was made from, whatever letters are in it", () => {
    const value = { name: 'a & b < c > "d"', list: ["x", 1, true, false], empty: {}, none: [] };
    expect(plistIn(plist(value))).toEqual(value);
  });
});

describe("whether the service runs", () => {
  test.each([
    ["linux", "systemctl is-active tillbridge.service", "active\n", true],
    ["windows", "sc.exe query tillbridge", "        TILSTAND           : 4  RUNNING \r\n", true],
    ["windows", "sc.exe query tillbridge", "        STATE              : 1  STOPPED \r\n", false],
    [
      "windows",
      "sc.exe query tillbridge",
      "        STATE              : 1  STOPPED \r\n        SERVICE_EXIT_CODE  : 4  (0x4)\r\n",
      false,
    ],
    ["macos", "launchctl print system/com.tillbridge.daemon", "\tstate = running\n", true],
  ] as const)("is what %s says (%s)", async (platform, command, output, running) => {
    expect(await isRunning(platform, system)).toBe(false);
    system.outputs.set(command, output);
    expect(await isRunning(platform, system)).toBe(running);
  });
});
