import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig, loadRelayConfig } from "../../daemon/config/config.ts";
import { prefixOf } from "../../daemon/payments/payment/references-and-keys.ts";
import { checkout } from "../support/imports.ts";
import { brokerUsers, settingsOfTests } from "../support/mosquitto.ts";

let page: string;
let folder: string;
beforeEach(async () => {
  page = await readFile(join(checkout, "docs/check-ins.md"), "utf8");
  folder = await mkdtemp(join(tmpdir(), "check-ins-page-"));
  await writeFile(join(folder, "broker-password"), "text", { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true }));

/** The code block that begins with this line. */
function block(first: string): string {
  const found = page.split("```").find((part) => part.replace(/^\w*\n/, "").startsWith(first));
  if (found === undefined) throw new Error(`no block begins with ${first}`);
  return found.replace(/^\w*\n/, "").replaceAll("/etc/tillbridge", folder);
}

/** Lines that are settings, without what differs from place to place. */
function bare(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/^listener .*/, "listener").replace(/ \/.*/, ""));
}

test("the broker's settings are those of the tests", () => {
  const ours = bare(settingsOfTests("/x", 8883).join("\n")).filter((line) => line !== "user root");
  expect(bare(block("# /etc/mosquitto/conf.d/tillbridge.conf")).toSorted()).toEqual(ours.toSorted());
});

test("the broker's access list is that of the tests, for a till called kassa-1", () => {
  const tag = "100000000000317";
  const users = brokerUsers("123456", { "kassa-1": { tag, prefix: prefixOf("kassa-1") } });
  const ours = users.flatMap(({ name, may }) => [`user ${name}`, ...may]);
  expect(bare(block("# /etc/mosquitto/access-list"))).toEqual(ours);
});

test("the relay takes the settings of the page", async () => {
  const file = join(folder, "relay.json");
  await writeFile(file, block("// relay.json"));
  expect(loadRelayConfig(file)).toMatchObject({
    broker: { password: "text" },
    salesUnits: [{ registrations: join(folder, "webhooks.json") }],
  });
});

test("the till takes both settings of the page", async () => {
  const file = join(folder, "tillbridge.json");
  const keys = { merchantSerialNumber: "123456", clientId: "a", clientSecret: "b", subscriptionKey: "c" };
  const rest = JSON.stringify({ till: { id: "kassa-1", name: "Kassa 1" }, dataDir: "data", mobilepay: keys }).slice(1);
  const checkIns = page
    .split('"checkIn": {')
    .slice(1)
    .map((part) => part.split("```")[0]);
  expect(checkIns).toHaveLength(2);
  for (const [index, checkIn] of checkIns.entries()) {
    await writeFile(file, `{"checkIn": {${checkIn?.replaceAll("/etc/tillbridge", folder)},${rest}`);
    expect(loadConfig(file).checkIn.mode).toBe(["webhook", "mqtt"][index]);
  }
});
