import type { Config } from "../../config.ts";
import type { World } from "../../world.ts";
import { askHealth } from "../doctor/port.ts";
import { type RunProgram, showUnit, unitName } from "../system/systemd.ts";

const startMsMax = 20_000;
const askEveryMs = 200;

/** Undefined when the service runs and will after every start of the computer; else why not, and what to do. */
export async function startService(
  listen: Config["listen"],
  isChanged: boolean,
  { run, world }: { readonly run: RunProgram; readonly world: World },
): Promise<string | undefined> {
  const unit = await showUnit(run);
  if (unit === undefined || unit.LoadState === "not-found")
    return "No service is installed on this computer: install the package, or tillbridge service install.";
  const enabled = await run("systemctl", ["enable", "--quiet", unitName]);
  if (enabled.code !== 0) return `The service could not be enabled (${lastLine(enabled.printed)}). Run setup as root.`;
  const runs = unit.ActiveState === "active";
  if (!runs) await run("systemctl", ["reset-failed", unitName]);
  const started = runs && !isChanged ? enabled : await run("systemctl", [runs ? "restart" : "start", unitName]);
  if (started.code !== 0)
    return `The service did not start (${lastLine(started.printed)}). See journalctl -u tillbridge -n 20.`;
  return (await answers(listen, world)) ? undefined : "The service does not answer. See tillbridge doctor.";
}

/** With port 0 only the service itself knows where it listens. */
async function answers({ port, tls }: Config["listen"], world: World): Promise<boolean> {
  if (port === 0) return true;
  const until = world.monotonicMs() + startMsMax;
  while (world.monotonicMs() < until) {
    if ((await askHealth(port, tls !== undefined)) !== undefined) return true;
    await world.sleep(askEveryMs);
  }
  return false;
}

function lastLine(printed: string): string {
  return printed.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
}
