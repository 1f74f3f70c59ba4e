import type { SystemView } from "../../../service/system.ts";
import { type Check, ok, warning } from "./check.ts";

const name = "upgrade";
const previous = "/usr/lib/tillbridge.previous";

/** Debian: whether the last upgrade came to its end. Nothing where the till does not come from a package. */
export async function checkUpgrade(system: Pick<SystemView, "output" | "isThere">): Promise<Check[]> {
  const printed = (await system.output(["dpkg-query", "-W", "-f", "${Status}|${Version}", "tillbridge"]))?.trim();
  if (printed === undefined || printed === "") return [];
  const [status = "", version = ""] = printed.split("|");
  if (await system.isThere(previous))
    return [
      warning(
        name,
        "An upgrade is under way, or was cut off.",
        // dpkg configures only what has been laid out whole.
        status.includes("half-installed")
          ? "When no other installation runs, install a package again."
          : "When no other installation runs, as root: dpkg --configure -a",
      ),
    ];
  if (status !== "install ok installed")
    return [
      warning(
        name,
        `The upgrade to ${version} did not come to its end; the version before may be back in its place.`,
        "Install a package again.",
      ),
    ];
  return [ok(name, "The package is installed whole.")];
}
