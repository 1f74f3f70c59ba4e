import { ownershipPlan, serviceAccounts } from "./account.ts";
import { CannotInstall, type Installation } from "./installation.ts";
import type { InstallPlan, InstallStep } from "./plan.ts";
import type { SystemView } from "./system.ts";

const { user } = serviceAccounts.linux;
const unit = "tillbridge.service";
/** The package's own unit: where it is, everything else of the package is too. */
const packagedUnit = `/usr/lib/systemd/system/${unit}`;
const command = "/usr/local/bin/tillbridge";
const settingsFolder = "/etc/tillbridge";
/** useradd(8) and userdel(8): it is there already; it is not there. */
const userIsThere = 9;
const userIsAway = 6;
/** The unit lets the service see none of these. */
const hiddenFolders = /^\/(home|root|run\/user|tmp|var\/tmp)(\/|$)/;

/** Where each file of service/systemd goes, and why. */
const templates = [
  { file: "60-tillbridge.rules", folder: "/etc/udev/rules.d", why: "The service may open the scanners it knows." },
  {
    file: "tillbridge.modprobe.conf",
    folder: "/etc/modprobe.d",
    as: "tillbridge.conf",
    why: "Linux leaves NFC readers to the smart-card service.",
  },
  {
    file: "60-tillbridge.polkit.rules",
    folder: "/etc/polkit-1/rules.d",
    as: "60-tillbridge.rules",
    why: "The service may use NFC readers.",
  },
] as const;

/** From the .deb all files are there, and only systemd is notified. From an unpacked archive or a checkout the files are written too. */
export async function linuxPlan(installation: Installation): Promise<InstallPlan> {
  const { program, system } = installation;
  const owned = await ownershipPlan(serviceAccounts.linux, installation);
  if (await system.isThere(packagedUnit)) return [...owned, enable];
  if (hiddenFolders.test(program.folder)) {
    throw new CannotInstall(
      `a service cannot see ${program.folder}: move the program to /opt/tillbridge and install it from there`,
    );
  }
  await refuseWritable(program.folder, system);
  return [
    ...account,
    ...owned,
    wrapper(program),
    ...(await filesFrom(`${program.folder}/service/systemd`, system)),
    ...reloads,
    enable,
  ];
}

/** A user who may change what a service runs, or put another folder in its place, is the service. */
async function refuseWritable(folder: string, system: SystemView): Promise<void> {
  const above = folder.split("/").map((_, index, names) => names.slice(0, index).join("/") || "/");
  const changeable = ["!", "-type", "l", "(", "-perm", "/022", "-o", "!", "-user", "root", ")", "-print", "-quit"];
  const found =
    (await system.output(["find", ...new Set(above), "-maxdepth", "0", ...changeable])) ||
    (await system.output(["find", folder, ...changeable]));
  if (!found) return;
  throw new CannotInstall(
    `others than root may change ${found.trim()}, and so what the service runs: chown -R root: ${folder} && chmod -R go-w ${folder}`,
  );
}

const enable: InstallStep = {
  do: "run",
  command: ["systemctl", "enable", "--now", unit],
  why: "The till starts with the computer, and now.",
  undo: {
    do: "run",
    command: ["systemctl", "disable", "--now", unit],
    okExitCodes: [1, 5],
    why: "The till stops, and does not start with the computer.",
  },
};

const account: InstallPlan = [
  {
    do: "run",
    command: [
      "useradd",
      "--system",
      "--user-group",
      "--no-create-home",
      "--home-dir",
      "/nonexistent",
      "--shell",
      "/usr/sbin/nologin",
      user,
    ],
    okExitCodes: [userIsThere],
    why: "The service has a user of its own, who cannot log in.",
    undo: {
      do: "run",
      command: ["userdel", user],
      okExitCodes: [userIsAway],
      why: "Nobody needs its user any more.",
    },
  },
  {
    do: "folder",
    path: settingsFolder,
    mode: "755",
    why: "Settings and keys; they stay when the service goes.",
    undo: "nothing",
  },
];

/** Root's own folders only: what a service runs must not be another user's to change. */
function wrapper({ folder, node }: Installation["program"]): InstallStep {
  const lines = [
    "#!/bin/sh",
    'export TILLBRIDGE_CONFIG="${TILLBRIDGE_CONFIG:-/etc/tillbridge/tillbridge.json}"',
    'export UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-8}"',
    `exec '${node}' --max-semi-space-size=1 '${folder}/dist/main.mjs' "$@"`,
    "",
  ];
  return {
    do: "file",
    path: command,
    content: lines.join("\n"),
    mode: "755",
    why: "The command line, and what the service runs.",
  };
}

async function filesFrom(folder: string, system: SystemView): Promise<InstallStep[]> {
  const text = await system.text(`${folder}/${unit}`);
  if (text === undefined)
    throw new CannotInstall(`${folder}/${unit} is missing: take the whole archive, or the package`);
  const content = text.replaceAll("/usr/bin/tillbridge", command);
  const steps: InstallStep[] = [
    {
      do: "file",
      path: `/etc/systemd/system/${unit}`,
      content,
      mode: "644",
      why: "What systemd starts, and what it may do.",
    },
  ];
  for (const { file, folder: to, why, ...named } of templates) {
    const template = await system.text(`${folder}/${file}`);
    const path = `${to}/${"as" in named ? named.as : file}`;
    if (template !== undefined) steps.push({ do: "file", path, content: template, mode: "644", why });
  }
  return steps;
}

const reloads: InstallPlan = [
  { do: "run", command: ["systemctl", "daemon-reload"], why: "The new file is read." },
  {
    do: "run",
    command: ["udevadm", "control", "--reload"],
    why: "Devices follow the new rules.",
    undo: { do: "run", command: ["systemctl", "daemon-reload"], why: "The service is forgotten." },
  },
  {
    do: "run",
    command: ["udevadm", "trigger", "--subsystem-match=hidraw", "--subsystem-match=usb", "--action=change"],
    why: "Also those that are plugged in already.",
  },
];
