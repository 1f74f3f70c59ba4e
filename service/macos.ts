import { ownershipPlan, serviceAccounts } from "./account.ts";
import type { Installation } from "./installation.ts";
import { plist } from "./launchd/plist.ts";
import type { InstallPlan, InstallStep } from "./plan.ts";
import type { SystemView } from "./system.ts";

export const launchdLabel = "com.tillbridge.daemon";
const programFolder = "/usr/local/lib/tillbridge";
const command = "/usr/local/bin/tillbridge";
const dataFolder = "/Library/Application Support/Tillbridge";
const logFolder = "/Library/Logs/Tillbridge";
const plistFile = `/Library/LaunchDaemons/${launchdLabel}.plist`;
const { user, settings: settingsOwner, data: dataOwner } = serviceAccounts.macos;
/** Numbers below 500 are hidden from the login window; Apple's own lie below 300. */
const userNumbers = { from: 350, to: 499 } as const;
/** launchctl: no such job; already going away. */
const notLoaded = [3, 5, 36, 113] as const;

/** A launch daemon with a user of its own. */
export async function macosPlan(installation: Installation): Promise<InstallPlan> {
  const { program, system } = installation;
  const copy: InstallStep[] =
    program.folder === programFolder
      ? []
      : [
          {
            do: "copyFolder",
            from: program.folder,
            to: programFolder,
            why: "Root's own folder: what a service runs must not be somebody else's to change.",
          },
        ];
  const node = program.node.startsWith(`${program.folder}/`)
    ? `${programFolder}${program.node.slice(program.folder.length)}`
    : program.node;
  const owned = await ownershipPlan(serviceAccounts.macos, installation);
  return [...(await account(system)), ...copy, ...folders, ...owned, wrapper(node), jobFile(node), ...start];
}

async function account(system: SystemView): Promise<InstallPlan> {
  const taken = new Set((await system.output(["dscl", ".", "-list", "/Users", "UniqueID"]))?.match(/\d+$/gm) ?? []);
  const number = String(freeNumber(taken));
  const set = (record: string, ...values: string[]) => ["dscl", ".", "-create", record, ...values];
  const gone = (record: string): InstallStep => ({
    do: "run",
    command: ["dscl", ".", "-delete", record],
    okExitCodes: [56, 185],
    why: "Nobody needs its user any more.",
  });
  if (await system.output(["dscl", ".", "-read", `/Users/${user}`])) {
    return [
      { do: "run", command: ["true"], why: "The service's group is there.", undo: gone(`/Groups/${user}`) },
      { do: "run", command: ["true"], why: "The service's user is there.", undo: gone(`/Users/${user}`) },
    ];
  }
  const why = "The service has a user of its own, who cannot log in.";
  return [
    { do: "run", command: set(`/Groups/${user}`, "PrimaryGroupID", number), why, undo: gone(`/Groups/${user}`) },
    { do: "run", command: set(`/Users/${user}`), why, undo: gone(`/Users/${user}`) },
    { do: "run", command: set(`/Users/${user}`, "UniqueID", number), why },
    { do: "run", command: set(`/Users/${user}`, "PrimaryGroupID", number), why },
    { do: "run", command: set(`/Users/${user}`, "UserShell", "/usr/bin/false"), why },
    { do: "run", command: set(`/Users/${user}`, "NFSHomeDirectory", "/var/empty"), why },
    { do: "run", command: set(`/Users/${user}`, "IsHidden", "1"), why },
  ];
}

function freeNumber(taken: ReadonlySet<string>): number {
  let number: number = userNumbers.from;
  while (number < userNumbers.to && taken.has(String(number))) number += 1;
  return number;
}

const folders: InstallPlan = [
  {
    do: "folder",
    path: dataFolder,
    mode: "750",
    owner: settingsOwner,
    why: "Settings, keys and journal; they stay.",
    undo: "nothing",
  },
  {
    do: "folder",
    path: `${dataFolder}/data`,
    mode: "700",
    owner: dataOwner,
    why: "The journal; it stays.",
    undo: "nothing",
  },
  {
    do: "run",
    command: ["chown", "-R", dataOwner, `${dataFolder}/data`],
    why: "Also what setup wrote there when there was no such user, or another with its name.",
  },
  {
    do: "folder",
    path: logFolder,
    mode: "750",
    owner: dataOwner,
    why: "The log.",
    undo: { do: "removeFolder", path: logFolder, whenEmpty: false, why: "Nobody writes a log any more." },
  },
];

function wrapper(node: string): InstallStep {
  const lines = [
    "#!/bin/sh",
    `export TILLBRIDGE_CONFIG="\${TILLBRIDGE_CONFIG:-${dataFolder}/tillbridge.json}"`,
    `exec '${node}' --max-semi-space-size=1 '${programFolder}/dist/main.mjs' "$@"`,
    "",
  ];
  return { do: "file", path: command, content: lines.join("\n"), mode: "755", why: "The command line." };
}

/** launchd.plist(5). Kept running while there are settings; SIGTERM, then 15 seconds to let go. */
function jobFile(node: string): InstallStep {
  const settings = `${dataFolder}/tillbridge.json`;
  const content = plist({
    Label: launchdLabel,
    ProgramArguments: [node, "--max-semi-space-size=1", `${programFolder}/dist/main.mjs`, "run"],
    UserName: user,
    GroupName: user,
    Umask: 63,
    KeepAlive: { PathState: { [settings]: true } },
    ThrottleInterval: 1,
    ExitTimeOut: 15,
    ProcessType: "Interactive",
    WorkingDirectory: dataFolder,
    EnvironmentVariables: {
      TILLBRIDGE_CONFIG: settings,
      TILLBRIDGE_LOG_FILE: `${logFolder}/tillbridge.log`,
      UV_THREADPOOL_SIZE: "8",
    },
    StandardErrorPath: `${logFolder}/output.log`,
  });
  return {
    do: "file",
    path: plistFile,
    content,
    mode: "644",
    owner: "root:wheel",
    why: "What launchd starts, and keeps running.",
  };
}

const start: InstallPlan = [
  {
    do: "run",
    command: ["launchctl", "bootout", `system/${launchdLabel}`],
    okExitCodes: notLoaded,
    why: "The version before stops.",
  },
  {
    do: "run",
    command: ["launchctl", "bootstrap", "system", plistFile],
    why: "The till starts with the computer, and now.",
    undo: {
      do: "run",
      command: ["launchctl", "bootout", `system/${launchdLabel}`],
      okExitCodes: notLoaded,
      why: "The till stops, and does not start with the computer.",
    },
  },
];
