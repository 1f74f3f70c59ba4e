// Writes the reference pages in docs/ and the client's list of repeatable methods from the tables in daemon/, and the udev rules from
// those of the drivers:
// node scripts/generate-docs.ts [--check]
// --check writes nothing, names each file that is not what the tables say, and fails if there is one.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { udevRules } from "../service/packaging/udev-rules.ts";
import { generatedPages, pageText } from "./docs/pages.ts";
import { repeatableMethodsSource } from "./docs/repeatable-methods.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { check } = parseArgs({ options: { check: { type: "boolean", default: false } } }).values;

const files: readonly (readonly [file: string, text: string])[] = [
  ...Object.entries(generatedPages).map(([file, page]) => [file, pageText(page)] as const),
  ["daemon/protocol/repeatable-methods.ts", repeatableMethodsSource()],
  ["service/systemd/60-tillbridge.rules", udevRules()],
];

for (const [file, text] of files) {
  const place = join(root, file);
  if (!check) await writeFile(place, text);
  else if ((await readFile(place, "utf8")) !== text) {
    console.log(file);
    process.exitCode = 1;
  }
}
