import { execFileSync } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { logLines } from "../../daemon/cli/support-bundle/log-lines.ts";
import { installedPlaces } from "../../daemon/cli/system/places.ts";
import { windowsPlaces } from "../../service/windows/places.ts";
import { createCleaner } from "../../daemon/cli/support-bundle/clean.ts";
import { tarGz } from "../../daemon/cli/support-bundle/tar.ts";
import { type Ended, runProgram } from "../support/program.ts";
import { Till } from "../support/till.ts";

const phones = [
  "4500000001",
  "4520123456",
  "+45 20 12 34 56",
  "20 12 34 56",
  "20123457",
  "070-123 45 67",
  "(0)40 1234567",
];
const canaries = {
  inFile: "Canary-secret-in-a-file-1",
  inline: "canary.secret.inline.2",
  webhook: "canary webhook 3".replaceAll(" ", "-"),
  environment: "canary-in-the-environment-4",
  token: "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9f",
  bearer: "canary-bearer-credential-5",
};
async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "tillbridge-support-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** What whoever helps sees: every file, by its name, unpacked by the system's own tar. */
async function unpacked(archive: string): Promise<Record<string, string>> {
  const place = await folder();
  execFileSync("tar", ["-xzf", archive, "-C", place]);
  const names = await readdir(join(place, "tillbridge-support"));
  const texts = names.map(async (name) => [name, await readFile(join(place, "tillbridge-support", name), "utf8")]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>; // pairs of two texts
}

/** A till that has seen phone numbers, and whose settings, log, journal, data and environment are full of canaries. */
async function tillFullOfSecrets(): Promise<{ archive: string; ended: Ended; till: Till }> {
  const here = await folder();
  const log = join(here, "till.log");
  const till = await Till.open({ runs: "process", settings: { log: { level: "debug", file: log } } });
  onTestFinished(() => till.close());
  await till.start({ description: "canary-description" });
  await till.until("payment.changed", ({ payment }) => payment.state === "waitingForApproval");
  const settings = JSON.parse(await readFile(till.configFile, "utf8")) as { mobilepay: Record<string, unknown> };
  await writeFile(join(till.folder, "secret"), `${canaries.inFile}\n`, { mode: 0o600 });
  settings.mobilepay["clientSecret"] = { file: "secret" };
  settings.mobilepay["subscriptionKey"] = canaries.inline;
  await writeFile(till.configFile, JSON.stringify(settings));
  const events = ["qr.checked-in"];
  await till.keepWebhook({
    id: "1",
    merchantSerialNumber: "123456",
    url: "https://x.example",
    events,
    secret: canaries.webhook,
  });
  await appendFile(
    log,
    [
      ...phones.map((phone) => `somebody called ${phone} about it`),
      ...phones.map((phone) =>
        JSON.stringify({ level: "info", message: "x", fields: { customer: phone, phoneNumber: phone } }),
      ),
      ...[canaries.inFile, canaries.inline, canaries.webhook, canaries.token].map((key) => `Error: ${key} was refused`),
      `Authorization: Bearer ${canaries.bearer}`,
      `{"headers":{"client_secret":"${canaries.bearer}"},"token":"${canaries.token}"}`,
      Buffer.from(canaries.inFile).toString("base64"),
      "the end of the log",
      "",
    ].join("\n"),
  );
  const archive = join(here, "support.tar.gz");
  const environment = {
    TILLBRIDGE_CANARY: canaries.environment,
    HTTPS_PROXY: `http://u:${canaries.environment}@proxy:1`,
  };
  const ended = await runProgram(["support-bundle", archive, "--config", till.configFile], { environment });
  return { archive, ended, till };
}

test("holds no secret, no token and no phone number, wherever they stood, and what helps", async () => {
  const { archive, ended, till } = await tillFullOfSecrets();
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const files = await unpacked(archive);
  const all = Object.values(files).join("\n");
  for (const canary of [...Object.values(canaries), ...phones, till.token, "canary-description"])
    expect(all.includes(canary) ? canary : "nothing").toBe("nothing");
  expect(all).not.toContain(Buffer.from(canaries.inFile).toString("base64").replace(/=+$/, ""));
  expect(Object.keys(files).toSorted((one, other) => one.localeCompare(other))).toEqual([
    "about.txt",
    "devices.json",
    "doctor.txt",
    "journal.json",
    "log.txt",
    "service.json",
    "settings.json",
    "versions.json",
  ]);
  expect(files["doctor.txt"]).toMatch(/^ok +journal +The journal's \d+ rows are as they were written\.$/m);
  expect(files["log.txt"]).toContain('"message":"ready"');
  expect(files["log.txt"]).toContain("the end of the log");
  expect(JSON.parse(files["settings.json"] ?? "")).toMatchObject({
    till: { id: "tillA" },
    mobilepay: { clientSecret: "[removed]" },
  });
  expect(JSON.parse(files["journal.json"] ?? "")).toMatchObject({
    byType: { started: 1, requested: 1 },
    open: [{ paymentId: "payment-1", state: "waitingForApproval" }],
  });
  expect(JSON.parse(files["versions.json"] ?? "")).toMatchObject({ node: expect.stringMatching(/^v24/) });
  expect((await stat(archive)).mode & 0o777).toBe(0o600);
  for (const canary of Object.values(canaries)) expect(ended.stdout).not.toContain(canary);
});

test("is made of a till whose settings are wrong, too, and leaves out what cannot be cleaned then", async () => {
  const here = await folder();
  const file = join(here, "tillbridge.json");
  const log = join(here, "till.log");
  await writeFile(log, `${canaries.inline}\n`);
  await writeFile(
    file,
    JSON.stringify({ mobilepay: { clientSecret: canaries.inline, baseUrl: canaries.inline }, log: { file: log } }),
  );
  const ended = await runProgram(["support-bundle", join(here, "a.tar.gz"), "--config", file]);
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const files = await unpacked(join(here, "a.tar.gz"));
  expect(Object.values(files).join("\n")).not.toContain(canaries.inline);
  expect(files["settings.json"]).toContain("mobilepay.baseUrl must be an https URL");
  expect(files["log.txt"]).toContain("Left out");
  const again = await runProgram(["support-bundle", join(here, "a.tar.gz"), "--config", file]);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("is there already") });
  await mkdir(join(here, "b"));
  expect(await runProgram(["support-bundle", "--config", file])).toMatchObject({ code: 2 });
});

test("a number that could be a phone's is removed also where it stands right after a name", () => {
  const cleaner = createCleaner([]);
  for (const text of ['{"called":20123456}', "tel:20123456", "tel:+45 20 12 34 56"])
    expect(cleaner.text(text)).not.toMatch(/20 ?12/);
});

test("the log's end begins with a whole line, wherever it comes from", async () => {
  const line = `${"x".repeat(1000)} canary-key\n`;
  const printed = await logLines(undefined, { output: async () => line.repeat(2000) });
  expect(printed.length).toBeGreaterThan(1_000_000);
  expect(printed.startsWith(line)).toBe(true);
});

test.each([
  ["windows", "D:\\Data\\Tillbridge\\logs\\tillbridge.log"],
  ["macos", "/Library/Logs/Tillbridge/tillbridge.log"],
  ["linux", undefined],
] as const)("the log of a service on %s is looked for where the service is told to write it", async (platform, log) => {
  const environment = { ProgramData: "D:\\Data", ProgramFiles: "C:\\Program Files" };
  expect(installedPlaces(platform, environment).log).toBe(log);
  expect(windowsPlaces(environment).logs).toBe("D:\\Data\\Tillbridge\\logs");
});

test("what is cleaned keeps dates, times, versions, ids and measures", () => {
  const cleaner = createCleaner([]);
  const kept = [
    "2026-11-23T14:39:02+0000 till tillbridge[1234]: ready",
    "since Mon 2026-11-23 08:00:00 UTC, 1234567 rows",
    "payment 0f9b1c62-7d51-4b0e-9a55-3f2c1d0e9b8a on 127.0.0.1:8455 took 12345.678 ms",
    "Tillbridge 1.2.3 on Node 24.21.0",
  ];
  for (const line of kept) expect(cleaner.text(line)).toBe(line);
});

test("an archive of any sizes is read by the system's own tar as it was written", async () => {
  const here = await folder();
  const sizes = [0, 1, 511, 512, 513, 5000];
  const files = sizes.map((size) => ({ name: `tillbridge-support/${size}.txt`, text: "æ".repeat(size) }));
  await writeFile(join(here, "x.tar.gz"), tarGz(files, Date.parse("2026-11-23T12:00:00Z")));
  expect(await unpacked(join(here, "x.tar.gz"))).toEqual(
    Object.fromEntries(files.map(({ name, text }) => [name.replace("tillbridge-support/", ""), text])),
  );
});
