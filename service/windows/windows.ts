import type { Installation } from "../installation.ts";
import type { InstallPlan, InstallStep } from "../plan.ts";
import { accessPlan } from "./access.ts";
import { smartCardPlan } from "./smart-card.ts";
import { serviceName, type WindowsPlaces, windowsPlaces } from "./places.ts";
import { runningPattern, stateQuery } from "./state.ts";
import { wrapperCommand } from "./wrapper.ts";

const productKey = "HKLM\\SOFTWARE\\Tillbridge";
const uninstallKey = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Tillbridge";

/** What sc.exe ends with when it is so already (winerror.h). */
const serviceExists = 1073;
const serviceAway = 1060;
/** net.exe ends with this when it is so already, and whatever else goes wrong. */
const soAlreadyOrFailed = 2;
/** Longer than the wrapper takes on a slow till. */
const startSecondsMax = 30;

/** A service under a wrapper, with an account of its own that no user can log in with. */
export async function windowsPlan({ program, environment, system }: Installation): Promise<InstallPlan> {
  const places = windowsPlaces(environment);
  const isSetUp = await system.isThere(places.settings);
  return [
    {
      do: "run",
      command: ["net.exe", "stop", serviceName],
      okExitCodes: [soAlreadyOrFailed],
      why: "The version before stops.",
    },
    ...copyPlan(program.folder, places),
    ...createPlan(places, isSetUp),
    ...accessPlan(places),
    ...(await smartCardPlan(productKey, system)),
    ...entryPlan(program.version, places, environment["SystemRoot"] || "C:\\Windows"),
    ...(isSetUp ? startPlan(places) : [standbyStep]),
  ];
}

/** The program's own folder goes with uninstall.cmd: Node cannot remove itself while it runs. */
function copyPlan(from: string, { program }: WindowsPlaces): InstallStep[] {
  if (from.toLowerCase() === program.toLowerCase()) return [];
  const why = "Only administrators may change what is in Program Files, and so what the service runs.";
  return [{ do: "copyFolder", from, to: program, why, undo: "nothing" }];
}

/** Started on demand until there are settings: a service without would fail over and over. */
function createPlan(places: WindowsPlaces, isSetUp: boolean): InstallStep[] {
  const start = isSetUp ? "delayed-auto" : "demand";
  const binPath = wrapperCommand(places);
  const account = `NT SERVICE\\${serviceName}`;
  return [
    {
      do: "run",
      command: [
        "sc.exe",
        "create",
        serviceName,
        "binPath=",
        binPath,
        "start=",
        start,
        "obj=",
        account,
        "DisplayName=",
        "Tillbridge",
      ],
      okExitCodes: [serviceExists],
      why: "A service with an account of its own, which has no password and no other rights.",
      undo: {
        do: "run",
        command: ["sc.exe", "delete", serviceName],
        okExitCodes: [serviceAway],
        why: "The service goes.",
      },
    },
    {
      do: "run",
      command: ["sc.exe", "config", serviceName, "binPath=", binPath, "start=", start],
      why: "The same for a service that was there before. It starts with the computer, after what Windows needs first.",
    },
    {
      do: "run",
      command: ["sc.exe", "description", serviceName, "MobilePay payments and the till's devices"],
      why: "What people see in the list of services.",
    },
    {
      do: "run",
      command: [
        "sc.exe",
        "failure",
        serviceName,
        "reset=",
        "86400",
        "actions=",
        "restart/10000/restart/30000/restart/60000",
      ],
      why: "Started again 10, 30 and 60 seconds after a failure, and every 60 seconds from then on, for ever.",
    },
    {
      do: "run",
      command: ["sc.exe", "failureflag", serviceName, "1"],
      why: "Also when the till ends by itself with an error, not only when the wrapper dies.",
    },
  ];
}

function entryPlan(version: string, { program }: WindowsPlaces, windows: string): InstallStep[] {
  const why = "The entry under Installed apps, from which it is removed.";
  const text = (name: string, data: string): InstallStep => ({
    do: "setRegistry",
    key: uninstallKey,
    name,
    type: "REG_SZ",
    data,
    why,
  });
  const number = (name: string): InstallStep => ({
    do: "setRegistry",
    key: uninstallKey,
    name,
    type: "REG_DWORD",
    data: "1",
    why,
  });
  const first: InstallStep = {
    ...text("DisplayName", "Tillbridge"),
    undo: { do: "removeRegistry", key: uninstallKey, why },
  };
  const product: InstallStep = {
    do: "setRegistry",
    key: productKey,
    name: "Version",
    type: "REG_SZ",
    data: version,
    why: "What is installed.",
    undo: { do: "removeRegistry", key: productKey, name: "Version", why: "Nothing is installed." },
  };
  return [
    product,
    first,
    text("DisplayVersion", version),
    text("Publisher", "Tillbridge"),
    text("InstallLocation", program),
    text("UninstallString", askingForRights(`${program}\\uninstall.cmd`, windows)),
    number("NoModify"),
    number("NoRepair"),
  ];
}

/**
 * "Installed apps" starts it with the rights of the user who clicks, and a command file cannot ask for more by itself; its window would
 * close before the user has read why.
 */
function askingForRights(file: string, windows: string): string {
  const powershell = `${windows}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`;
  const literal = `'${file.replaceAll("'", "''")}'`;
  return `"${powershell}" -NoProfile -Command "Start-Process -Verb RunAs -FilePath ${literal} -ArgumentList '/pause'"`;
}

const stopStep: InstallStep = {
  do: "run",
  command: ["net.exe", "stop", serviceName],
  okExitCodes: [soAlreadyOrFailed],
  why: "It stops in order, before anything of it is taken away.",
};

function startPlan({ logs }: WindowsPlaces): InstallStep[] {
  return [
    {
      do: "run",
      command: ["net.exe", "start", serviceName],
      okExitCodes: [soAlreadyOrFailed],
      why: "It starts now.",
      undo: stopStep,
    },
    {
      do: "wait",
      command: stateQuery,
      until: runningPattern,
      secondsMax: startSecondsMax,
      otherwise: `the service does not run: ${logs} says why`,
      why: "net.exe does not tell a service that runs already from one that cannot start.",
    },
  ];
}

const standbyStep: InstallStep = {
  do: "run",
  command: stateQuery,
  why: "It is there. Once tillbridge setup has written its settings, it starts with the computer.",
  undo: stopStep,
};
