import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../daemon/config.ts";
import type { Entries } from "../../daemon/config/setting.ts";
import { settings } from "../../daemon/config/settings.ts";
import { configPage, exampleText } from "../../scripts/docs/config-page.ts";

test("the example is a file that the service takes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "config-page-test-"));
  for (const name of ["client-id", "client-secret", "subscription-key"]) {
    await writeFile(join(folder, name), "text", { mode: 0o600 });
  }
  const file = join(folder, "tillbridge.json");
  await writeFile(file, exampleText().replaceAll("/etc/tillbridge", folder));
  const config = loadConfig(file);
  await rm(folder, { recursive: true });
  expect(config).toMatchObject({
    till: { id: "kassa-1" },
    mobilepay: { clientSecret: "text" },
    recovery: { abandonAfterSeconds: 30 },
  });
  expect(config.devices).toMatchObject([{ driver: "serial-scanner" }]);
});

test("every setting has its row", () => {
  const page = configPage();
  for (const key of keysOf(settings.entries, "")) expect(page).toContain(`| \`${key}\` |`);
});

function keysOf(entries: Entries, prefix: string): string[] {
  return Object.entries(entries).flatMap(([name, entry]) => {
    if (entry.kind === "setting") return [prefix + name];
    if (entry.kind === "group") return keysOf(entry.entries, `${prefix}${name}.`);
    return Object.entries(entry.groups).flatMap(([by, group]) => keysOf(group.entries, `${prefix}${name}[] ${by}: `));
  });
}
