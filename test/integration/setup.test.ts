import { readFileSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { accessFile } from "../../daemon/server/access/file.ts";
import { clientsMax } from "../../daemon/server/access/record.ts";
import { setupCodes } from "../../daemon/cli/setup/check-keys.ts";
import { usage } from "../../daemon/cli/setup/options.ts";
import { writeFiles } from "../../daemon/cli/setup/write-files.ts";
import { loadConfig } from "../../daemon/config/config.ts";
import { connect } from "../../daemon/protocol/client.ts";
import { selfSigned } from "../support/self-signed.ts";
import { freePort } from "../support/free-port.ts";
import { checkout } from "../support/imports.ts";
import { openPty } from "../support/pty.ts";
import { connectRaw, hello } from "../support/rpc-client.ts";
import { canaries, msn, SetupRig } from "../support/setup-rig.ts";

const ready = { code: 0, stderr: "" };
const unit = "tillbridge.service";

async function setUpOnce(rig: SetupRig, change: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { code, stdout, stderr } = await rig.setup(["--from", await rig.provision(change)]);
  expect({ code, stderr }).toEqual(ready);
  return stdout.at(-1) ?? "";
}

/** As many as there may be: POS, POS 1, POS 2, … */
async function fillAccess(rig: SetupRig): Promise<void> {
  const {
    clients: [first],
    ...rest
  } = accessFile(rig.dataDir).read();
  if (first === undefined) throw new Error("nobody has access");
  const more = Array.from({ length: clientsMax - 1 }, (_, index) => ({
    ...first,
    id: `${index + 1}`,
    name: `POS ${index + 1}`,
  }));
  await rig.write("data/access.json", { ...rest, clients: [first, ...more] }, 0o600);
}

describe("setting a till up from a file", () => {
  test("makes it ready: settings, keys, service, and a token that lets the POS page in and sees the scanner", async () => {
    const rig = await SetupRig.make();
    rig.starts = "program";
    const scanner = await openPty();
    onTestFinished(() => scanner.remove());
    const token = await setUpOnce(rig, {
      devices: [{ driver: "serial-scanner", path: scanner.path }],
      client: { name: "Kassa page" },
    });
    expect(rig.told).toEqual([`enable --now ${unit}`]);
    expect(token).toMatch(/^[\w-]{43}$/);
    const policy = join(rig.folder, "root/etc/chromium/policies/managed/tillbridge.json");
    expect(await readFile(policy, "utf8")).toContain("https://pos.example.com");
    const page = await connectRaw(rig.port, { origin: "https://pos.example.com" });
    onTestFinished(() => page.socket.terminate());
    expect(await page.call("session.hello", { ...hello, token })).toMatchObject({
      result: { till: { tillId: "kassa-1" } },
    });
    expect(await page.call("device.list")).toMatchObject({ result: { devices: [{ driver: "serial-scanner" }] } });
  });

  test("keeps keys in files that only root reads, and the settings from strangers", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    const folder = dirname(rig.settingsFile);
    const modeOf = async (name: string) => (await stat(join(folder, name))).mode & 0o777;
    expect(await readdir(folder)).toEqual(["client-id", "client-secret", "subscription-key", "tillbridge.json"]);
    expect(await modeOf("client-secret")).toBe(0o600);
    expect(await modeOf("tillbridge.json")).toBe(0o640);
    const text = await rig.settings();
    for (const canary of Object.values(canaries)) expect(text).not.toContain(canary);
    expect(loadConfig(rig.settingsFile).mobilepay).toMatchObject({ ...canaries, merchantSerialNumber: msn });
  });

  test.each([
    ["linux", "tillbridge", "root:tillbridge", "root:root"],
    ["macos", "_tillbridge", "root:_tillbridge", "_tillbridge:_tillbridge"],
  ] as const)(
    "on %s root and the service's user can read settings and keys, from the moment they are there",
    async (platform, user, settings, keys) => {
      const rig = await SetupRig.make();
      Object.assign(rig, { platform, users: [user] });
      expect(await rig.setup(["--from", await rig.provision(), "--no-service"])).toMatchObject(ready);
      expect(rig.given.filter((words) => !words.endsWith(" data"))).toEqual([
        `${keys} client-id.new`,
        `${keys} client-secret.new`,
        `${keys} subscription-key.new`,
        `${settings} tillbridge.json.new`,
      ]);
      expect(rig.given).toContain(`${user}:${user} data`);
    },
  );

  test("nothing is given away where there is no such user yet, nor by somebody who is not root", async () => {
    const rig = await SetupRig.make();
    expect(await rig.setup(["--from", await rig.provision(), "--no-service"])).toMatchObject(ready);
    Object.assign(rig, { isRoot: false, users: ["tillbridge"] });
    expect(await rig.setup(["--till-name", "Kassa ett", "--no-service"])).toMatchObject(ready);
    expect(rig.given).toEqual([]);
  });

  test("what stands on the command line wins, and keys may come on stdin", async () => {
    const rig = await SetupRig.make();
    const file = await rig.provision({ mobilepay: { baseUrl: rig.baseUrl, merchantSerialNumber: msn } });
    const words = ["--from", file, "--till-id", "kassa-7", "--till-name", "Kassa 7", "--secrets-from-stdin"];
    expect(await rig.setup(words, JSON.stringify(canaries))).toMatchObject(ready);
    expect(loadConfig(rig.settingsFile).till).toEqual({ id: "kassa-7", name: "Kassa 7" });
    expect(loadConfig(rig.settingsFile).mobilepay).toMatchObject(canaries);
  });

  test("a dry run says all that would be done, and does nothing", async () => {
    const rig = await SetupRig.make();
    const { code, stdout } = await rig.setup(["--from", await rig.provision(), "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout.join("\n")).toContain(`${rig.settingsFile} (0640)`);
    expect(stdout.join("\n")).toContain('"id": "kassa-1"');
    expect(await rig.everything()).toEqual(new Map());
    expect(rig.told).toEqual([]);
  });
});

describe("setting a till up again", () => {
  test("without a wish shows what is set and changes nothing", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    const before = await rig.everything();
    rig.told.length = 0;
    const { code, stdout } = await rig.setup([]);
    expect(code).toBe(0);
    expect(stdout).toContain("till        kassa-1 (Kassa 1)");
    expect(stdout.at(-1)).toContain("POS has access already");
    expect(rig.told).toEqual([`enable --now ${unit}`]);
    expect((await rig.everything()).get(rig.settingsFile)).toBe(before.get(rig.settingsFile));
  });

  test("changes only what is asked: comments stay, the file before is kept aside, the service starts anew", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    const commented = (await rig.settings()).replace('"origins"', '// our own page\n  "origins"');
    await rig.write("etc/tillbridge.json", commented);
    rig.told.length = 0;
    expect(await rig.setup(["--till-name", "Kassa ett"])).toMatchObject(ready);
    expect(await rig.settings()).toBe(commented.replace("Kassa 1", "Kassa ett"));
    expect((await rig.everything()).get(`${rig.settingsFile}.before`)).toBe(commented);
    expect(rig.told).toEqual([`enable --now ${unit}`, `restart ${unit}`]);
  });

  test("mends who may read settings and keys, though nothing in them has changed", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    rig.given.length = 0;
    expect(await rig.setup([])).toMatchObject(ready);
    expect(rig.given).toEqual([
      "root:tillbridge tillbridge.json",
      "root:root client-id",
      "root:root client-secret",
      "root:root subscription-key",
    ]);
  });

  test("gives another token when asked, and the one before is void", async () => {
    const rig = await SetupRig.make();
    const first = await setUpOnce(rig);
    const { stdout } = await rig.setup(["--new-token"]);
    expect(stdout.at(-1)).toMatch(/^[\w-]{43}$/);
    expect(stdout.at(-1)).not.toBe(first);
    const access = JSON.parse((await rig.everything()).get(join(rig.dataDir, "access.json")) ?? "") as { clients: [] };
    expect(access.clients).toHaveLength(1);
  });

  test("another way to learn of check-ins takes the settings of the one before with it", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig, { checkIn: { mode: "webhook", url: "https://till.example.com/mobilepay" } });
    const password = await rig.write("password", "canary-broker-password\n", 0o600);
    const mqtt = [
      "--check-in",
      "mqtt",
      "--broker-url",
      "mqtts://broker.example.com:8883",
      "--broker-username",
      "kassa-1",
    ];
    expect(await rig.setup([...mqtt, "--broker-password-file", password])).toMatchObject(ready);
    expect(loadConfig(rig.settingsFile).checkIn).toMatchObject({
      mode: "mqtt",
      url: "mqtts://broker.example.com:8883",
      password: "canary-broker-password",
    });
    expect(await rig.setup(["--check-in", "frontend"])).toMatchObject(ready);
    expect(loadConfig(rig.settingsFile).checkIn.mode).toBe("frontend");
  });

  test("the shop's proxy is kept like a key, and the certificates of its filter are named", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    const proxy = await rig.write("their-proxy", "http://till:canary-proxy-password@127.0.0.1:9/\n", 0o600);
    const ca = await rig.write("filter.pem", selfSigned().cert);
    const { code, stdout, stderr } = await rig.setup(["--proxy-file", proxy, "--ca", ca]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.join("\n")).not.toContain("canary-proxy");
    expect(loadConfig(rig.settingsFile).mobilepay).toMatchObject({
      proxy: "http://till:canary-proxy-password@127.0.0.1:9/",
      ca,
    });
    expect(await rig.settings()).not.toContain("canary-proxy");
  });

  test("is refused while a customer pays", async () => {
    const rig = await SetupRig.make();
    rig.starts = "program";
    const token = await setUpOnce(rig, { origins: [] });
    const connected = Promise.withResolvers<void>();
    const page = connect({
      url: `ws://127.0.0.1:${rig.port}/v1`,
      token,
      client: { name: "page", version: "1" },
      onState: ({ name }) => name === "ready" && connected.resolve(),
    });
    onTestFinished(() => page.close());
    await connected.promise;
    const total = { currency: "DKK", value: 4990 } as const;
    await page.call("payment.start", {
      paymentId: "payment-1",
      sale: { saleId: "sale-1", total },
      amount: total,
      customer: { by: "screenQr" },
    });
    const before = await rig.settings();
    const changes = [
      ["--till-name", "Kassa ett"],
      ["--port", String(await freePort())],
      ["--data-dir", join(rig.folder, "elsewhere")],
    ];
    for (const change of changes)
      expect(await rig.setup(change)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("A payment is under way"),
      });
    expect(await rig.settings()).toBe(before);
  });
});

describe("what is wrong is said in words of its own, with an exit code of its own, and nothing is changed", () => {
  async function refused(rig: SetupRig, words: readonly string[], stdin = "") {
    const before = await rig.everything();
    rig.told.length = 0;
    const outcome = await rig.setup(words, stdin);
    expect(await rig.everything()).toEqual(before);
    expect(rig.told).toEqual([]);
    return outcome;
  }

  test("keys that MobilePay refuses", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    const wrong = JSON.stringify({ clientSecret: "something-else" });
    expect(await refused(rig, ["--secrets-from-stdin"], wrong)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("does not accept the keys"),
    });
  });

  test("a list of those with access that is damaged", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    await rig.write("data/access.json", "{", 0o600);
    expect(await refused(rig, ["--till-name", "Kassa ett"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("access.json is damaged"),
    });
  });

  test("a list of those with access that is full, for a page that is not in it", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    await fillAccess(rig);
    expect(await refused(rig, ["--till-name", "Kassa ett", "--client-name", "one more"])).toMatchObject({
      code: 1,
      stderr: "Too many clients have access: tillbridge access revoke one first. Nothing was changed.",
    });
    expect(await rig.setup(["--client-name", "POS 7", "--new-token"])).toMatchObject(ready);
  });

  test("a sales unit that the keys do not belong to", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    expect(await refused(rig, ["--msn", "999999"])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("for this sales unit"),
    });
  });

  test("no network", async () => {
    const rig = await SetupRig.make();
    await setUpOnce(rig);
    expect(await refused(rig, ["--base-url", `http://127.0.0.1:${await freePort()}`])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("The connection to MobilePay is refused (ECONNREFUSED)"),
    });
  });

  test.each<[string, string[], string]>([
    [
      "a till without an id",
      [],
      "till.id is missing; it must be 1 to 32 letters, digits and dashes. Give it with --till-id",
    ],
    [
      "an id with a blank",
      ["--till-id", "kassa 1"],
      "till.id must be 1 to 32 letters, digits and dashes. Give it with --till-id",
    ],
    [
      "a page's address in place of its origin",
      ["--till-id", "k", "--origin", "https://pos.example.com/till"],
      "origins[0] must be an exact origin",
    ],
    ["a port that is none", ["--till-id", "k", "--port", "http"], "listen.port must be a whole number"],
    ["both addresses", ["--test", "--base-url", "https://api.vipps.no"], "--test or --base-url, not both"],
    [
      "a mode that there is not",
      ["--till-id", "k", "--check-in", "telepathy"],
      "checkIn.mode must be one of frontend, webhook, mqtt",
    ],
    ["a key on the command line", ["--client-secret", "x"], "Unknown option '--client-secret'"],
    ["a choice of devices that there is not", ["--devices", "all"], "--devices must be find, keep or none"],
  ])("%s", async (_what, words, message) => {
    const rig = await SetupRig.make();
    const file = await rig.provision({ till: { name: "Kassa" } });
    expect(await refused(rig, ["--from", file, ...words])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });

  test("a file with a key in it, with its place, and without the key", async () => {
    const rig = await SetupRig.make();
    const file = await rig.provision({ mobilepay: { clientSecret: canaries.clientSecret } });
    const { code, stderr } = await refused(rig, ["--from", file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/shop\.json:\d+:\d+: mobilepay\.clientSecret must be \{ "file": "\/path" \}/);
  });

  test("a key's file that others can read, and one that is not there", async () => {
    const rig = await SetupRig.make();
    const file = await rig.provision();
    const { clientSecret } = await rig.keyFiles();
    await chmod(clientSecret, 0o644);
    expect(await refused(rig, ["--from", file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("chmod 600"),
    });
    expect(await refused(rig, ["--from", file, "--client-secret-file", "/none"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("/none cannot be opened (ENOENT)"),
    });
  });

  test("a file that is no JSON, a setting that there is not, and stdin that makes no sense", async () => {
    const rig = await SetupRig.make();
    const broken = await rig.write("broken.json", '{ "till": ');
    expect(await refused(rig, ["--from", broken])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("not a JSON object"),
    });
    const odd = await rig.provision({ tills: 3 });
    expect(await refused(rig, ["--from", odd])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("tills is not a setting"),
    });
    expect(await refused(rig, ["--secrets-from-stdin"], "canary-client-secret-0002")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("wants one JSON object"),
    });
  });
});

test("of several files either all are written or none", async () => {
  const rig = await SetupRig.make();
  const first = await rig.write("etc/first", "old");
  const second = join(rig.folder, "etc", "second");
  // Where the new one would be written lies a folder that cannot be removed like a file.
  await mkdir(`${second}.new`);
  const file = (path: string) => ({ path, text: "new", mode: 0o600, owner: undefined });
  await expect(writeFiles([file(first), file(second)], () => Promise.resolve())).rejects.toMatchObject({
    code: expect.any(String),
  });
  expect(await rig.everything()).toEqual(new Map([[first, "old"]]));
});

describe("docs/setup.md", () => {
  const page = readFileSync(join(checkout, "docs/setup.md"), "utf8");

  test("shows a file that sets a till up", async () => {
    const rig = await SetupRig.make();
    await rig.keyFiles();
    const shown = /```jsonc\n([^]*?)```/.exec(page)?.[1] ?? "";
    const file = await rig.write("shop.json", shown);
    const own = [
      "--till-id",
      "kassa-7",
      "--till-name",
      "Kassa 7",
      "--port",
      String(rig.port),
      "--base-url",
      rig.baseUrl,
    ];
    expect(await rig.setup(["--from", file, ...own])).toMatchObject(ready);
    expect(loadConfig(rig.settingsFile).till).toEqual({ id: "kassa-7", name: "Kassa 7" });
  });

  test("names every exit code, as the help does", () => {
    const named = [...page.matchAll(/^\| (\d) \|/gm)].map(([, code]) => Number(code));
    expect(named).toEqual([0, 1, 2, ...Object.values(setupCodes)]);
    for (const code of named) expect(usage).toMatch(new RegExp(`[ :]${code} `));
  });
});
