// Writes the reference pages in docs/ and the client's list of repeatable methods from the tables in daemon/, and the udev rules
// from those of the drivers:
// node scripts/generate-docs.ts
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedPages, pageText } from "./docs/pages.ts";
import { repeatableMethodsSource } from "./docs/repeatable-methods.ts";
import { udevRules } from "../service/packaging/udev-rules.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

for (const [file, page] of Object.entries(generatedPages)) await writeFile(join(root, file), pageText(page));
await writeFile(join(root, "daemon/protocol/repeatable-methods.ts"), repeatableMethodsSource());
await writeFile(join(root, "service/systemd/60-tillbridge.rules"), udevRules());
