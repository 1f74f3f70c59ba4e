// Writes the reference pages in docs/ and the client's list of repeatable methods from the tables in daemon/, and the udev rules
// from those of the drivers:
// node scripts/generate-docs.ts [--check] [--config-page-with FILE]
// --check writes nothing, names each file that is not what the tables say, and fails if there is one. --config-page-with prints the
// page of the settings as it would be with the drivers that FILE exports.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { devicesOf } from "../daemon/config/devices.ts";
import { settings } from "../daemon/config/settings.ts";
import type { DriverTable } from "../drivers/driver-row.ts";
import { udevRules } from "../service/packaging/udev-rules.ts";
import { configPage } from "./docs/config-page.ts";
import { generatedPages, pageText } from "./docs/pages.ts";
import { repeatableMethodsSource } from "./docs/repeatable-methods.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const options = { check: { type: "boolean", default: false }, "config-page-with": { type: "string" } } as const;
const { check, "config-page-with": driversFile } = parseArgs({ options }).values;

const files: readonly (readonly [file: string, text: string])[] = [
  ...Object.entries(generatedPages).map(([file, page]) => [file, pageText(page)] as const),
  ["daemon/protocol/repeatable-methods.ts", repeatableMethodsSource()],
  ["service/systemd/60-tillbridge.rules", udevRules()],
];

if (driversFile !== undefined) {
  const { drivers } = (await import(resolve(driversFile))) as { readonly drivers: DriverTable };
  console.log(configPage({ ...settings.entries, devices: devicesOf(drivers) }));
  process.exit();
}

for (const [file, text] of files) {
  const place = join(root, file);
  if (!check) await writeFile(place, text);
  else if ((await readFile(place, "utf8")) !== text) {
    console.log(file);
    process.exitCode = 1;
  }
}
