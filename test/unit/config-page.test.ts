import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig, loadRelayConfig } from "../../daemon/config/config.ts";
import { relaySettings } from "../../daemon/config/relay.ts";
import type { Entries } from "../../drivers/setting.ts";
import { settings } from "../../daemon/config/settings.ts";
import { checkout } from "../support/imports.ts";

const page = await readFile(join(checkout, "docs/config.md"), "utf8");
const [example = "", relayExample = ""] = [...page.matchAll(/^```jsonc\n(.*?)^```$/gms)].map(([, text]) => text);

test("the example is a file that the service takes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "config-page-test-"));
  for (const name of ["client-id", "client-secret", "subscription-key"]) {
    await writeFile(join(folder, name), "text", { mode: 0o600 });
  }
  const file = join(folder, "tillbridge.json");
  await writeFile(file, example.replaceAll("/etc/tillbridge", folder));
  const config = loadConfig(file);
  await rm(folder, { recursive: true });
  expect(config).toMatchObject({
    till: { id: "kassa-1" },
    mobilepay: { clientSecret: "text" },
    recovery: { abandonAfterSeconds: 30 },
  });
  expect(config.devices).toMatchObject([
    { driver: "serial-scanner" },
    { driver: "hid-scanner" },
    { driver: "nfc-reader" },
  ]);
});

test("the relay's example is a file that the relay takes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "config-page-test-"));
  await writeFile(join(folder, "broker-password"), "text", { mode: 0o600 });
  const file = join(folder, "relay.json");
  await writeFile(file, relayExample.replaceAll("/etc/tillbridge", folder));
  const config = loadRelayConfig(file);
  await rm(folder, { recursive: true });
  expect(config).toMatchObject({
    listen: { address: "127.0.0.1", port: 8456 },
    broker: { url: "mqtts://broker.example.com:8883", password: "text", topicPrefix: "tillbridge" },
    salesUnits: [{ merchantSerialNumber: "123456", url: "https://till.example.com/mobilepay" }],
  });
});

test("every setting has its row", () => {
  const keys = [...keysOf(settings.entries, ""), ...keysOf(relaySettings.entries, "")];
  for (const key of keys) expect(page).toContain(`| \`${key}\` |`);
});

function keysOf(entries: Entries, prefix: string): string[] {
  return Object.entries(entries).flatMap(([name, entry]) => {
    if (entry.kind === "setting") return [prefix + name];
    if (entry.kind === "group") return keysOf(entry.entries, `${prefix}${name}.`);
    if (entry.kind === "list") return keysOf(entry.item.entries, `${prefix}${name}[]: `);
    const each = entry.kind === "choice" ? "" : "[]";
    return Object.entries(entry.groups).flatMap(([by, group]) =>
      keysOf(group.entries, `${prefix}${name}${each} ${by}: `),
    );
  });
}
