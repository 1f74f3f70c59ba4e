import { chmodSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deviceSettings } from "../../daemon/config/devices.ts";
import { secretReader } from "../../daemon/config/secret.ts";
import { ConfigError, loadConfig, loadRelayConfig, relaySecretsOf, secretsOf } from "../../daemon/config/config.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "config-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const till = { id: "kassa-1", name: "Kassa 1" };
const mobilepay = {
  merchantSerialNumber: "123456",
  clientId: "canary-id",
  clientSecret: "canary-secret",
  subscriptionKey: "canary-key",
};
const whole = { till, dataDir: "data", mobilepay };

function write(content: unknown, name = "tillbridge.json"): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
  return file;
}

interface Refusal {
  /** What stands at the place that the message names. */
  readonly at: string;
  readonly text: string;
}

function refusal(content: unknown): Refusal {
  const file = write(content);
  try {
    loadConfig(file);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message).toMatch(/^[^\n\r]+$/);
    expect(message.startsWith(`${file}:`)).toBe(true);
    expect(message).not.toContain("canary");
    const [, line = "", column = "", text = ""] = /^(\d+):(\d+): (.*)$/.exec(message.slice(file.length + 1)) ?? [];
    const written = typeof content === "string" ? content : JSON.stringify(content);
    return { at: (written.split("\n")[Number(line) - 1] ?? "").slice(Number(column) - 1), text };
  }
  throw new Error("it was accepted");
}

describe("a configuration that says only what must be said", () => {
  test("gets every default", () => {
    expect(loadConfig(write(whole))).toEqual({
      till,
      dataDir: join(folder, "data"),
      journal: { secondFolder: undefined },
      listen: { port: 8455 },
      origins: [],
      mobilepay: {
        ...mobilepay,
        baseUrl: "https://api.vipps.no",
        currency: "DKK",
        brand: "MobilePay",
        capture: "onApproval",
        ledgerStartsAtHour: 0,
      },
      checkIn: { mode: "frontend", maxAgeBeforeSaleSeconds: 60 },
      recovery: { abandonAfterSeconds: 30, saleIdHours: 24 },
      devices: [],
      log: { level: "info", fileMegabytesMax: 10 },
    });
  });

  test("may hold comments, trailing commas and a byte order mark", () => {
    const text = `\uFEFF// the till\n${JSON.stringify(whole).slice(0, -1)}, /* none */ "devices": [],\n}\n`;
    expect(loadConfig(write(text)).till).toEqual(till);
  });

  test("has its secrets named, so that they can be kept out of the log", () => {
    expect(secretsOf(loadConfig(write(whole)))).toEqual(["canary-id", "canary-secret", "canary-key"]);
  });
});

describe("what is refused, and how it is told", () => {
  const portRule = "listen.port must be a whole number from 0 to 65535 (0: any free port)";
  const originRule =
    "must be an exact origin such as https://pos.example.com: scheme, host and, where needed, port; no path, no wildcard";
  const urlRule = "mobilepay.baseUrl must be an https URL (http only for this computer itself)";
  const base = (baseUrl: string) => ({ ...whole, mobilepay: { ...mobilepay, baseUrl } });
  const origins = (...list: unknown[]) => ({ origins: list, ...whole });

  const driverRule = `devices[0].driver must be one of ${Object.keys(deviceSettings.groups).join(", ")}`;

  const broker = (url: string) => ({ checkIn: { mode: "mqtt", url, username: "a", password: "canary" }, ...whole });
  const brokerRule =
    "checkIn.url must be an mqtts URL such as mqtts://broker.example.com:8883 (mqtt only for this computer itself)";
  const rows: [string, unknown, string, string][] = [
    ["nothing", "", "", "not JSON: value expected"],
    ["half of it", '{ "till": {', "", "not JSON: close brace expected"],
    ["no comma", '{\n  "dataDir": "x"\n  "till": {}\n}', '"till"', "not JSON: comma expected"],
    [
      "a list",
      [],
      "[]",
      "the whole must be an object with till, dataDir, journal, listen, origins, mobilepay, checkIn, recovery, devices, log",
    ],
    [
      "an unknown key",
      '{\n  "dataDirectory": "/x"\n}',
      '"dataDirectory"',
      "dataDirectory is not a setting; allowed here: till, dataDir, journal, listen, origins, mobilepay, checkIn, recovery, devices, log",
    ],
    [
      "an unknown key in a group",
      { ...whole, listen: { port: 1, host: "0.0.0.0" } },
      '"host"',
      "listen.host is not a setting; allowed here: port, tls",
    ],
    [
      "a key that could break the line",
      { "a\nb": 1 },
      '"a',
      '"a\\nb" is not a setting; allowed here: till, dataDir, journal, listen, origins, mobilepay, checkIn, recovery, devices, log',
    ],
    [
      "a key of every object",
      '{"__proto__": {}}',
      '"__proto__"',
      "__proto__ is not a setting; allowed here: till, dataDir, journal, listen, origins, mobilepay, checkIn, recovery, devices, log",
    ],
    ["a key twice", '{"dataDir": "a", "dataDir": "b"}', '"dataDir": "b"', "dataDir must be given only once"],
    ["what is missing", { till, mobilepay }, '{"till"', "dataDir is missing; it must be the path of a folder"],
    [
      "what is missing in a group",
      { ...whole, till: { name: "x" } },
      '{"name"',
      "till.id is missing; it must be 1 to 32 letters, digits and dashes",
    ],
    [
      "a whole group missing",
      { till, dataDir: "x" },
      '{"till"',
      "mobilepay.merchantSerialNumber is missing; it must be 4 to 10 digits in quotes",
    ],
    ["a wrong type", { listen: { port: "8455" }, ...whole }, '"8455"', portRule],
    ["a fraction", { listen: { port: 1.5 }, ...whole }, "1.5", portRule],
    ["out of range", { listen: { port: 65_536 }, ...whole }, "65536", portRule],
    ["null", { listen: { port: null }, ...whole }, "null", portRule],
    ["a group that is a text", { listen: "8455", ...whole }, '"8455"', "listen must be an object with port, tls"],
    [
      "half of TLS",
      { listen: { tls: { key: "k" } }, ...whole },
      '{"key"',
      "listen.tls.certificate is missing; it must be the path of a file with the certificate (PEM)",
    ],
    [
      "a till's id with a space",
      { till: { id: "kassa 1", name: "x" } },
      '"kassa 1"',
      "till.id must be 1 to 32 letters, digits and dashes",
    ],
    [
      "a patience of nothing",
      { recovery: { abandonAfterSeconds: 0 }, ...whole },
      "0",
      "recovery.abandonAfterSeconds must be a whole number from 1 to 3600",
    ],
    [
      "a patience of days",
      { recovery: { abandonAfterSeconds: 3601 }, ...whole },
      "3601",
      "recovery.abandonAfterSeconds must be a whole number from 1 to 3600",
    ],
    [
      "an unknown way to capture",
      { ...whole, mobilepay: { capture: "later", ...mobilepay } },
      '"later"',
      'mobilepay.capture must be "onApproval" or "onReceipt"',
    ],
    [
      "a sales unit as a number",
      { mobilepay: { ...mobilepay, merchantSerialNumber: 123_456 } },
      "123456",
      "mobilepay.merchantSerialNumber must be 4 to 10 digits in quotes",
    ],
    [
      "a way to learn of check-ins",
      { checkIn: { mode: "polling" }, ...whole },
      '"polling"',
      "checkIn.mode must be one of frontend, webhook, mqtt",
    ],
    [
      "a setting of another way",
      { checkIn: { mode: "frontend", listen: {} }, ...whole },
      '"listen"',
      "checkIn.listen is not a setting; allowed here: mode, maxAgeBeforeSaleSeconds",
    ],
    [
      "webhooks without an address",
      { checkIn: { mode: "webhook" }, ...whole },
      '{"mode"',
      "checkIn.url is missing; it must be an https URL (http only for this computer itself)",
    ],
    [
      "webhooks in the open",
      { checkIn: { mode: "webhook", url: "http://till.example.com/" }, ...whole },
      '"http:',
      "checkIn.url must be an https URL (http only for this computer itself)",
    ],
    ["a broker in the open", broker("mqtt://broker.example.com"), '"mqtt:', brokerRule],
    ["a broker that only begins like this computer", broker("mqtt://127.0.0.1.example.com"), '"mqtt:', brokerRule],
    ["a broker with its password", broker("mqtts://a:b@broker.example.com"), '"mqtts:', brokerRule],
    ["a broker with a path", broker("mqtts://broker.example.com/x"), '"mqtts:', brokerRule],
    ["a web page as a broker", broker("https://broker.example.com"), '"https:', brokerRule],
    [
      "a log level",
      { log: { level: "trace" }, ...whole },
      '"trace"',
      'log.level must be "debug", "info", "warn" or "error"',
    ],
    ["plain http", base("http://api.vipps.no"), '"http:', urlRule],
    ["a host that only begins like this computer", base("http://127.0.0.1.example.com"), '"http:', urlRule],
    ["a password in the URL", base("https://a:b@api.vipps.no"), '"https://a', urlRule],
    ["another scheme", base("ftp://localhost"), '"ftp', urlRule],
    [
      "a wildcard",
      origins("https://pos.example.com", "https://*.example.com"),
      '"https://*',
      `origins[1] ${originRule}`,
    ],
    ["any origin", origins("*"), '"*"', `origins[0] ${originRule}`],
    ["an origin that many share", origins("null"), '"null"', `origins[0] ${originRule}`],
    ["a path", origins("https://pos.example.com/till"), '"https', `origins[0] ${originRule}`],
    ["a slash at the end", origins("https://pos.example.com/"), '"https', `origins[0] ${originRule}`],
    ["a user", origins("https://pos.example.com@evil.example"), '"https', `origins[0] ${originRule}`],
    ["files", origins("file://"), '"file', `origins[0] ${originRule}`],
    ["a port that is none", origins("https://pos.example.com:99999"), '"https', `origins[0] ${originRule}`],
    ["an origin that is no text", origins(8455), "8455", `origins[0] ${originRule}`],
    [
      "one origin alone",
      { origins: "https://pos.example.com" },
      '"https',
      "origins must be a list of at most 50 origins",
    ],
    [
      "devices that are no list",
      { devices: {} },
      "{}",
      "devices must be a list of at most 16 objects, each with a driver",
    ],
    ["a device without a driver", { devices: [{ path: "x" }] }, '{"path"', driverRule],
    ["an unknown driver", { devices: [{ driver: "printer" }] }, '"printer"', driverRule],
    ["a device that is a text", { devices: ["nfc-reader"] }, '"nfc-reader"', driverRule],
    [
      "a device's unknown key",
      { devices: [{ driver: "serial-scanner", path: "x", host: "x" }] },
      '"host"',
      `devices[0].host is not a setting; allowed here: driver, ${Object.keys(deviceSettings.groups["serial-scanner"].entries).join(", ")}`,
    ],
    [
      "a device without its port",
      { devices: [{ driver: "serial-scanner" }], ...whole },
      '{"driver"',
      "devices[0].path is missing; it must be the path of a serial port",
    ],
    [
      "a speed that no scanner has",
      { devices: [{ driver: "serial-scanner", path: "x", baudRate: 100 }] },
      "100",
      "devices[0].baudRate must be a whole number from 300 to 921600",
    ],
  ];
  test.each(rows)("%s", (_what, content, at, text) => {
    const refused = refusal(content);
    expect(refused.text).toBe(text);
    expect(refused.at.startsWith(at)).toBe(true);
  });

  test("lines and columns count from 1", () => {
    expect(() => loadConfig(write('{\n  "dataDir": "x"\n  "till": {}\n}'))).toThrow(/:3:3: not JSON/);
  });

  test("a file that is not there", () => {
    expect(() => loadConfig(join(folder, "none.json"))).toThrow(`${folder}/none.json: cannot be read (ENOENT)`);
  });
});

describe("ways to learn of check-ins", () => {
  const read = (checkIn: unknown) => loadConfig(write({ ...whole, checkIn }));

  test("webhooks come to this computer alone, until it is said otherwise", () => {
    expect(read({ mode: "webhook", url: "https://till.example.com" }).checkIn).toEqual({
      mode: "webhook",
      url: "https://till.example.com/",
      listen: { address: "127.0.0.1", port: 8456 },
      maxAgeBeforeSaleSeconds: 60,
    });
  });

  test("their secrets are secrets", () => {
    const webhook = { mode: "webhook", url: "https://till.example.com/", secret: "canary-webhook" };
    expect(secretsOf(read(webhook))).toContain("canary-webhook");
    const mqtt = { mode: "mqtt", url: "mqtts://broker.example.com", username: "a", password: "canary-broker" };
    expect(secretsOf(read(mqtt))).toContain("canary-broker");
    expect(read(mqtt).checkIn).toMatchObject({ url: "mqtts://broker.example.com", topicPrefix: "tillbridge" });
  });

  test("a broker on this computer may be without encryption", () => {
    const url = "mqtt://127.0.0.1:1883";
    expect(read({ mode: "mqtt", url, username: "a", password: "b" }).checkIn).toMatchObject({ url });
  });
});

describe("the settings of a relay", () => {
  const broker = { url: "mqtts://broker.example.com", username: "relay", password: "canary-broker" };
  const unit = { merchantSerialNumber: "123456", url: "https://relay.example.com/123456", secret: "canary-unit" };
  const relay = (salesUnits: unknown) => loadRelayConfig(write({ broker, salesUnits }));

  test("name all secrets, of the broker and of each sales unit", () => {
    expect(relaySecretsOf(relay([unit]))).toEqual(["canary-broker", "canary-unit"]);
  });

  test.each([
    ["none at all", []],
    ["a text", "123456"],
  ])("need at least one sales unit, not %s", (_what, salesUnits) => {
    expect(() => relay(salesUnits)).toThrow("salesUnits must be a list of 1 to 10000 objects");
  });

  test("say which sales unit is wrong", () => {
    expect(() => relay([unit, { ...unit, url: "x" }])).toThrow("salesUnits[1].url must be an https URL");
  });
});

describe("origins and addresses are kept as they are compared", () => {
  test.each([
    ["https://POS.Example.com", "https://pos.example.com"],
    ["https://pos.example.com:443", "https://pos.example.com"],
    ["http://localhost:3000", "http://localhost:3000"],
    ["https://bøder.example", "https://xn--bder-gra.example"],
    ["http://[::1]:80", "http://[::1]"],
    ["tauri://localhost", "tauri://localhost"],
    ["chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"],
  ])("%s is %s", (given, kept) => {
    expect(loadConfig(write({ ...whole, origins: [given] })).origins).toEqual([kept]);
  });

  test.each([
    ["https://apitest.vipps.no/", "https://apitest.vipps.no"],
    ["http://127.0.0.1:9000", "http://127.0.0.1:9000"],
    ["http://[::1]:9000/", "http://[::1]:9000"],
    ["http://localhost:9000/mobilepay/", "http://localhost:9000/mobilepay"],
  ])("%s is %s", (given, kept) => {
    const config = loadConfig(write({ ...whole, mobilepay: { ...mobilepay, baseUrl: given } }));
    expect(config.mobilepay.baseUrl).toBe(kept);
  });
});

describe("a secret in a file of its own", () => {
  const withFile = (file: unknown) => ({ ...whole, mobilepay: { ...mobilepay, clientSecret: { file } } });

  test("is read without the newline at its end; a relative path starts at the configuration", () => {
    write("canary-in-file\n", "secret");
    expect(loadConfig(write(withFile("secret"))).mobilepay.clientSecret).toBe("canary-in-file");
    expect(loadConfig(write(withFile(join(folder, "secret")))).mobilepay.clientSecret).toBe("canary-in-file");
  });

  test.each([0o640, 0o604, 0o620, 0o666])("is refused when others may use it (mode %i)", (mode) => {
    chmodSync(write("canary", "open-secret"), mode);
    expect(refusal(withFile("open-secret")).text).toBe(
      "mobilepay.clientSecret: the file must be readable by the service's own user alone (chmod 600)",
    );
  });

  test("is taken from where systemd hands it over, when a file of that name is there; an empty one stands for none", () => {
    const handed = mkdtempSync(join(folder, "credentials-"));
    const read = () => loadConfig(write(withFile("handed-secret")), secretReader(handed)).mobilepay.clientSecret;
    write("canary-in-file", "handed-secret");
    expect(read()).toBe("canary-in-file");
    writeFileSync(join(handed, "handed-secret"), "canary-handed-over\n", { mode: 0o400 });
    expect(read()).toBe("canary-handed-over");
    chmodSync(join(handed, "handed-secret"), 0o600);
    writeFileSync(join(handed, "handed-secret"), "\n");
    expect(read()).toBe("canary-in-file");
    expect(secretReader(undefined)(join(folder, "handed-secret"))).toEqual({ text: "canary-in-file" });
  });

  test("is judged by what a link leads to", () => {
    chmodSync(write("canary", "linked-secret"), 0o644);
    symlinkSync(join(folder, "linked-secret"), join(folder, "link"));
    expect(refusal(withFile("link")).text).toContain("alone (chmod 600)");
  });

  test.each([
    ["missing", "mobilepay.clientSecret: the file cannot be opened (ENOENT)"],
    [".", "mobilepay.clientSecret: the file is not a file"],
    ["two-lines", "mobilepay.clientSecret: the file must hold one text without spaces"],
    ["nothing", "mobilepay.clientSecret: the file must hold one text without spaces"],
    ["large", "mobilepay.clientSecret: the file is too large for a secret"],
  ])("is refused: %s", (name, expected) => {
    write("canary\ncanary", "two-lines");
    write("", "nothing");
    write("x".repeat(9000), "large");
    expect(refusal(withFile(name)).text).toBe(expected);
  });

  test("is not looked for under another name than file", () => {
    const content = { ...whole, mobilepay: { ...mobilepay, clientSecret: { path: "secret" } } };
    expect(refusal(content).text).toBe(
      'mobilepay.clientSecret must be a text without spaces, or { "file": "/path" } with the text in a file of its own',
    );
  });

  test("never shows when it is wrong itself", () => {
    expect(refusal({ ...whole, mobilepay: { ...mobilepay, clientSecret: "canary with spaces" } }).text).toBe(
      'mobilepay.clientSecret must be a text without spaces, or { "file": "/path" } with the text in a file of its own',
    );
  });
});
