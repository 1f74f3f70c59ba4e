import { readlink } from "node:fs/promises";
import { type Check, failed, ok, warning } from "./check.ts";

const name = "versions";

export interface Versions {
  /** This program's. */
  readonly program: string;
  /** The running service's, when it answers. */
  readonly service: string | undefined;
  /** Node's, such as "24.21.0". */
  readonly node: string;
  /** Those that will do, such as ">=24.21 <25". */
  readonly nodeRange: string;
  /** The running service's program file, as the system names it. */
  readonly serviceFile: string | undefined;
}

const again = "Restart the service when no customer pays: systemctl restart tillbridge";

/** Whether program, service and Node fit together. */
export function checkVersions({ program, service, node, nodeRange, serviceFile }: Versions): Check {
  if (!isWithin(node, nodeRange))
    return failed(
      name,
      `This is Node ${node}; Tillbridge is tested with ${nodeRange}.`,
      "Start Tillbridge with the Node that it brings.",
    );
  if (service !== undefined && service !== program)
    return warning(name, `The running service is ${service}, the program on disk is ${program}.`, again);
  if (serviceFile?.endsWith(" (deleted)") === true)
    return warning(name, "The service runs a program that has been replaced on disk.", again);
  return ok(name, `Tillbridge ${program} on Node ${node}${service === undefined ? "" : "; the service too"}.`);
}

/** Linux: what a process runs. Undefined when it cannot be seen. */
export async function programOf(pid: string): Promise<string | undefined> {
  return /^[1-9]\d*$/.test(pid) ? readlink(`/proc/${pid}/exe`).catch(() => undefined) : undefined;
}

/** `range`: ">=24.21 <25". */
function isWithin(version: string, range: string): boolean {
  const [major = 0, minor = 0] = numbersIn(version);
  const [least = 0, leastMinor = 0, below = Number.POSITIVE_INFINITY] = numbersIn(range);
  return (major > least || (major === least && minor >= leastMinor)) && major < below;
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}
