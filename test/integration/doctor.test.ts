import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { writeFile } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { checkJournal } from "../../daemon/cli/doctor/journal.ts";
import { clientFor } from "../../daemon/cli/doctor/mobilepay.ts";
import { checkPort } from "../../daemon/cli/doctor/port.ts";
import { askHealth } from "../../daemon/cli/system/health.ts";
import { checkServiceDevices } from "../../daemon/cli/doctor/service-devices.ts";
import { checkRecovery } from "../../daemon/cli/doctor/recovery.ts";
import { defaultCredentials } from "../../daemon/devkit/simulator/sales-unit.ts";
import { startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { freePort } from "../support/free-port.ts";
import { JournalFolder } from "../support/journal-folder.ts";
import { Till } from "../support/till.ts";

const world = realWorld();
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

async function ask(baseUrl: string, change: Partial<typeof defaultCredentials> = {}) {
  const settings = {
    ...defaultCredentials,
    ...change,
    baseUrl,
    currency: "DKK",
    brand: "MobilePay",
    capture: "onApproval",
    ledgerStartsAtHour: 0,
  } as const;
  const client = clientFor(settings, { world, version: "0.0.0" });
  closing.push(async () => client.close());
  const checks = await client.check();
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}

async function simulator(): Promise<string> {
  const started = await startSimulator({ world });
  closing.push(() => started.close());
  return started.url;
}

describe("the doctor, about MobilePay", () => {
  test("is content when keys and sales unit fit", async () => {
    expect(await ask(await simulator())).toMatchObject({ reachable: { state: "ok" }, salesUnit: { state: "ok" } });
  });

  test("tells wrong keys, a wrong sales unit and nobody there apart", async () => {
    const url = await simulator();
    expect(await ask(url, { clientSecret: "wrong" })).toMatchObject({
      keys: { state: "failed", says: expect.stringContaining("does not accept the keys") },
    });
    expect(await ask(url, { merchantSerialNumber: "999999" })).toMatchObject({
      reachable: { state: "ok" },
      salesUnit: { state: "failed", says: expect.stringContaining("for this sales unit") },
    });
    expect(await ask(`http://127.0.0.1:${await freePort()}`)).toMatchObject({
      reachable: { state: "failed", says: expect.stringContaining("ECONNREFUSED") },
    });
    expect(await ask("https://mobilepay.invalid")).toMatchObject({
      reachable: { state: "failed", says: expect.stringContaining("cannot be looked up") },
    });
  });

  test.each<[string, RequestListener, string]>([
    ["a network that wants a login", (_, response) => response.end("<html>Log in</html>"), "not MobilePay"],
    ["trouble at MobilePay", (_, response) => response.writeHead(503).end(), "in trouble (503)"],
    ["somebody who hangs up", (request) => request.destroy(), "ECONNRESET"],
  ])("recognises %s", async (_what, answer, words) => {
    const { reachable } = await ask(await serve(answer));
    expect(reachable).toMatchObject({ state: "failed", says: expect.stringContaining(words) });
  });

  test("is not drowned by whoever answers", async () => {
    const url = await serve((_, response) => {
      const pour = () => {
        while (response.writable && response.write("x".repeat(65_536)));
      };
      response.on("drain", pour);
      pour();
    });
    const { reachable } = await ask(url);
    expect(reachable?.state).toBe("failed");
  });
});

describe("the doctor, about the journal", () => {
  test("is content with none, and with one that is as it was written", async () => {
    const folder = await JournalFolder.make();
    expect(await checkJournal(folder.dataDir)).toMatchObject({ state: "ok", says: "There is no journal yet." });
    await folder.write("payment-1", "payment-2");
    expect(await checkJournal(folder.dataDir)).toMatchObject({ state: "ok" });
  });

  test("finds a row that was changed, and a file that is none", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    await folder.tamper("UPDATE events SET at = at + 1");
    expect(await checkJournal(folder.dataDir)).toMatchObject({
      state: "failed",
      hint: expect.stringContaining("verify"),
    });
    await writeFile(
      folder.database,
      "no database at all, but a text that is long enough to be taken for one".repeat(99),
    );
    expect(await checkJournal(folder.dataDir)).toMatchObject({ state: "failed" });
    expect(await checkRecovery(folder.dataDir)).toMatchObject({ state: "unknown" });
  });
});

describe("the doctor, at a till that runs", () => {
  test("tells a decision that is open from a sale that is under way, and from none", async () => {
    const till = await Till.open({ runs: "process", abandonAfterSeconds: 1 });
    closing.push(() => till.close());
    expect(await checkRecovery(till.dataDir)).toMatchObject({ state: "ok" });
    await till.start();
    await till.approve();
    await till.untilPayment("paid");
    expect(await checkRecovery(till.dataDir)).toMatchObject({
      state: "ok",
      says: expect.stringContaining("under way: 1"),
    });
    await till.pullThePlug();
    till.events.length = 0;
    await till.powerOn();
    await till.until("recovery.changed", ({ item }) => item.payment.state === "needsDecision");
    expect(await checkRecovery(till.dataDir)).toMatchObject({
      state: "warning",
      says: expect.stringContaining("One payment"),
    });
  });

  test("knows the service on its port, its version and its devices", async () => {
    const till = await Till.open({ runs: "process" });
    closing.push(() => till.close());
    const health = await askHealth(till.port, false);
    expect(health).toMatchObject({ version: expect.any(String) });
    expect(checkServiceDevices(health)).toMatchObject([{ name: "service.serial-scanner-1" }]);
    expect(await checkPort(till.port, false)).toMatchObject({
      name: "port",
      says: expect.stringContaining("is running"),
    });
    expect(await askHealth(till.port, true)).toBeUndefined();
  });
});
