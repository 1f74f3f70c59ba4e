import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DeviceFailed } from "./driver.ts";

/**
 * The file of a driver's own program: `source` beside the driver in a checkout; in a bundle `bundled`, here or one folder up, as the
 * bundler cuts it. `driverUrl` is the driver's `import.meta.url`.
 */
export function programFile(driverUrl: string, source: string, bundled: string): string {
  const places = [`./${source}`, `./${bundled}`, `../${bundled}`];
  const found = places.map((place) => fileURLToPath(new URL(place, driverUrl))).find((path) => existsSync(path));
  if (found === undefined) throw new DeviceFailed("a part of the program is missing: set the till's program up again");
  return found;
}
