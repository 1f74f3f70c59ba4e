import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkInEvent, paymentEvents } from "../../daemon/mobilepay/webhooks.ts";
import { freePort } from "../support/free-port.ts";
import { type Ended, runProgram } from "../support/program.ts";
import { Till } from "../support/till.ts";

const tag = "123456789012345";
let till: Till;
let url: string;

beforeEach(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/mobilepay`;
  till = await Till.open({ realTime: true, checkIn: { mode: "webhook", url, listen: { port } } });
});
afterEach(() => till.close());

const command = (...words: string[]): Promise<Ended> => runProgram([...words, "--config", till.configFile]);
const webhooks = (...words: string[]) => command("webhooks", ...words);
const platform = () => till.simulator.platform;
const registered = () =>
  platform()
    .webhooks.list()
    .map(({ id, url: to, events }) => ({ id, to, events: [...events] }));
const keptFile = () => join(till.folder, "data", "webhooks.json");
const msn = () => platform().unit.credentials.merchantSerialNumber;

describe("registering", () => {
  test("makes the till known to MobilePay, keeps the secrets to itself, and customers get through at once", async () => {
    const ended = await webhooks("register");
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(registered()).toEqual([
      { id: expect.any(String), to: url, events: [checkInEvent] },
      { id: expect.any(String), to: url, events: [...paymentEvents] },
    ]);
    expect((await stat(keptFile())).mode & 0o777).toBe(0o600);
    for (const { secret } of platform().webhooks.list()) expect(ended.stdout).not.toContain(secret);
    await till.pair();
    expect(await platform().phone.scanTag(tag)).toMatchObject({ shown: "connected" });
    expect(await till.call("health.get", {})).toMatchObject({ checkIn: { mode: "webhook", state: "ready" } });
  });

  test("again replaces the old ones, and the till takes check-ins all the while", async () => {
    await webhooks("register");
    await till.pair();
    const before = registered().map(({ id }) => id);
    expect((await webhooks("register")).code).toBe(0);
    const after = registered().map(({ id }) => id);
    expect(after).toHaveLength(2);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    expect(JSON.parse(await readFile(keptFile(), "utf8")).webhooks.map((it: { id: string }) => it.id)).toEqual(after);
    expect(await platform().phone.scanTag(tag)).toMatchObject({ shown: "connected" });
  });

  test("an address that nobody answers at changes nothing", async () => {
    await webhooks("register");
    const before = registered();
    const ended = await webhooks("register", "--url", `http://127.0.0.1:${await freePort()}/mobilepay`);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("does not take webhooks") });
    expect(ended.stderr).toContain("ECONNREFUSED");
    expect(registered()).toEqual(before);
    expect(await webhooks("check")).toMatchObject({ code: 0 });
  });

  test("something else at the address changes nothing either", async () => {
    const ended = await webhooks("register", "--url", `${till.simulator.url}/mobilepay`);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("HTTP 4") });
    expect(registered()).toEqual([]);
  });

  test("does not throw out another program that has MobilePay's one place for check-ins", async () => {
    platform().webhooks.register(msn(), "https://other.example/hook", [checkInEvent]);
    const ended = await webhooks("register", "--for", "checkIns");
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("https://other.example/hook has it") });
    expect(registered()).toHaveLength(1);
  });

  test("takes over a registration of this address whose secret is lost", async () => {
    await webhooks("register", "--for", "checkIns");
    await rm(keptFile());
    expect((await webhooks("register", "--for", "checkIns")).code).toBe(0);
    expect(registered()).toHaveLength(1);
    await till.pair();
    expect(await platform().phone.scanTag(tag)).toMatchObject({ shown: "connected" });
  });

  test.each([
    [["register", "--for", "everything"], "--for must be checkIns, payments or both"],
    [["register", "--url", "http://till.example.com/"], "--url must be an https URL"],
    [["remove"], "webhooks list, webhooks register"],
    [[], "webhooks list, webhooks register"],
  ])("%j is wrong usage", async (words, said) => {
    expect(await webhooks(...words)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });
});

describe("looking after them", () => {
  test("the list shows whose they are, never a secret", async () => {
    await webhooks("register");
    platform().webhooks.register(msn(), "https://other.example/hook", [...paymentEvents]);
    const { stdout, code } = await webhooks("list");
    expect(code).toBe(0);
    const lines = stdout.trim().split("\n");
    expect(lines.map((line) => line.split("\t").slice(1, 3))).toEqual([
      [url, "secret kept here"],
      [url, "secret kept here"],
      ["https://other.example/hook", "secret not kept here"],
    ]);
    for (const { secret } of platform().webhooks.list()) expect(stdout).not.toContain(secret);
  });

  test("one that is removed is gone from both sides", async () => {
    await webhooks("register", "--for", "checkIns");
    const [first] = registered();
    expect((await webhooks("remove", first?.id ?? "")).code).toBe(0);
    expect(registered()).toEqual([]);
    expect((await webhooks("remove", first?.id ?? "")).code).toBe(1);
    expect(await till.call("health.get", {})).toMatchObject({
      status: "degraded",
      checkIn: { state: "notRegistered" },
    });
  });

  test("check and doctor are content when all is well", async () => {
    await webhooks("register");
    expect(await webhooks("check")).toMatchObject({ code: 0, stdout: expect.not.stringContaining("failed") });
    const { stdout } = await command("doctor");
    expect(stdout).toMatch(/^ok +webhooks\.checkIns/m);
    expect(stdout).toMatch(/^ok +webhooks\.reached/m);
  });

  test("check and doctor find a registration that MobilePay has dropped", async () => {
    await webhooks("register");
    const [first] = registered();
    platform().webhooks.remove(first?.id ?? "");
    for (const words of [["webhooks", "check"], ["doctor"]]) {
      const { code, stdout } = await command(...words);
      expect(code).toBe(1);
      expect(stdout).toMatch(/^failed +webhooks\.checkIns +MobilePay tells nobody/m);
      expect(stdout).toContain(`MobilePay has dropped the registration ${first?.id}`);
    }
  });

  test("check finds that the address is dead", async () => {
    await webhooks("register");
    await till.stop();
    const { code, stdout } = await webhooks("check");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^warning +webhooks\.reached .*ECONNREFUSED/m);
    await till.powerOn();
  });

  test("check finds that another address has been registered, and that a secret is not ours", async () => {
    platform().webhooks.register(msn(), "https://other.example/hook", [checkInEvent]);
    expect((await webhooks("check")).stdout).toContain("MobilePay tells https://other.example/hook, not this till");
    platform().webhooks.register(msn(), url, [...paymentEvents]);
    expect((await webhooks("check")).stdout).toMatch(/^failed +webhooks\.kept +The secret of the registration/m);
  });
});
