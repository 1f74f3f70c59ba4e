import { isRunning } from "../../../service/status.ts";
import type { TargetPlatform } from "../../../service/plan.ts";
import type { SystemView } from "../../../service/system.ts";
import type { Unit } from "../system/systemd.ts";
import { type Check, failed, ok, warning } from "./check.ts";

const name = "service";
const restartsMany = 3;

/** What systemd does about the service. `unit`: undefined where there is no systemd. */
export function checkService(unit: Unit | undefined, isInstalled: boolean): Check {
  if (!isInstalled)
    return {
      name,
      state: "unknown",
      says: "These are not the settings of an installed service: somebody starts it by hand.",
    };
  if (unit === undefined) return { name, state: "unknown", says: "systemd cannot be asked." };
  if (unit.LoadState === "not-found")
    return failed(name, "The service is not installed.", "Install the package anew, then run tillbridge setup.");
  return notRunning(unit) ?? oddlyRunning(unit) ?? ok(name, runsWords(unit));
}

/** The same by the service managers of Windows and macOS, which report less. */
export async function checkServiceOn(
  platform: TargetPlatform,
  system: SystemView,
  isInstalled: boolean,
): Promise<Check> {
  if (!isInstalled) return checkService(undefined, false);
  if (await isRunning(platform, system)) return ok(name, "The service runs.");
  return failed(name, "The service does not run.", hints[platform]);
}

const hints: Readonly<Record<TargetPlatform, string>> = {
  linux: "As root: systemctl enable --now tillbridge",
  windows: "As administrator: tillbridge service install. The log in ProgramData\\Tillbridge\\logs tells why it ended.",
  macos: "As root: tillbridge service install. The log in /Library/Logs/Tillbridge tells why it ended.",
};

function notRunning({ ActiveState, SubState, Result }: Unit): Check | undefined {
  if (ActiveState === "active") return undefined;
  const log = "journalctl -u tillbridge -n 30 tells why.";
  if (ActiveState === "failed") return failed(name, `The service has failed (${Result}).`, log);
  if (SubState === "auto-restart") return failed(name, `The service ends again and again (${Result}).`, log);
  if (ActiveState === "activating") return warning(name, "The service is starting.", "Run doctor again in a moment.");
  return failed(name, `The service does not run (${ActiveState}).`, "As root: systemctl enable --now tillbridge");
}

function oddlyRunning({ UnitFileState, NeedDaemonReload, NRestarts }: Unit): Check | undefined {
  if (UnitFileState !== "enabled")
    return failed(
      name,
      "The service runs, but will not start with the computer.",
      "As root: systemctl enable tillbridge",
    );
  if (NeedDaemonReload === "yes")
    return warning(
      name,
      "systemd goes by an older version of the service's unit.",
      "As root: systemctl daemon-reload; systemctl restart tillbridge",
    );
  if (Number(NRestarts) >= restartsMany)
    return warning(
      name,
      `The service runs, but systemd had to start it anew ${NRestarts} times.`,
      "journalctl -u tillbridge tells why; systemctl reset-failed tillbridge counts from nought.",
    );
  return undefined;
}

function runsWords({ ActiveEnterTimestamp, NRestarts }: Unit): string {
  const since = ActiveEnterTimestamp === "" ? "" : ` since ${ActiveEnterTimestamp}`;
  const restarts = Number(NRestarts) > 0 ? `, started anew ${NRestarts} times` : "";
  return `The service runs${since}${restarts}, and starts with the computer.`;
}
