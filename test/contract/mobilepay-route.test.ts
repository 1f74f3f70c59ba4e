import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, describe } from "vitest";
import { createMobilePay, type MobilePay, type MobilePayOptions } from "../../daemon/mobilepay/client.ts";
import { realWorld } from "../../daemon/world.ts";
import { freePort } from "../support/free-port.ts";
import { tokenBody } from "../support/hostile-platform.ts";
import { recordingLogger } from "../support/log-records.ts";
import { testKeys } from "../support/mobilepay-keys.ts";
import { startProxy } from "../support/proxy.ts";
import { authority, type CertificateWish, selfSigned } from "../support/self-signed.ts";

// The way to MobilePay as shops have it: through a proxy that wants a login, through a filter that opens what is encrypted, by a till
// whose clock is wrong. Real sockets, real TLS, made-up certificates.

const answers: RequestListener = (request, response) => {
  request.resume();
  if (request.url === "/accesstoken/get") response.end(JSON.stringify(tokenBody("token-1")));
  else
    response.writeHead(404).end(JSON.stringify({ title: "?", extraDetails: [{ name: "ErrorCode", reason: "5090" }] }));
};

async function serveTls(pair: { cert: string; key: string }): Promise<number> {
  const server = createTlsServer(pair, answers).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // It listens on a port.
  return (server.address() as AddressInfo).port;
}

async function servePlain(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // It listens on a port.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "route-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "ca.pem"), text);
  return join(folder, "ca.pem");
}

const log = recordingLogger();

function client(options: Partial<MobilePayOptions> & { baseUrl: string }): MobilePay {
  const mobilePay = createMobilePay({ ...testKeys, world: realWorld(), log, ...options });
  onTestFinished(() => mobilePay.close());
  return mobilePay;
}

/** What the doctor says, and what the till's health says after the same. */
async function trouble(options: Parameters<typeof client>[0]) {
  const mobilePay = client(options);
  const reachable = (await mobilePay.check()).find(({ name }) => name === "reachable");
  const { trouble: told } = mobilePay.health();
  expect(reachable?.says).toBe(told?.message ?? "MobilePay answers.");
  return told;
}

async function proxy(options: Parameters<typeof startProxy>[0] = {}) {
  const started = await startProxy(options);
  onTestFinished(() => started.close());
  return started;
}

describe("a filter that opens encrypted connections", () => {
  const filter = authority("Acme Web Filter");

  test("is named, with what to do about it", async () => {
    const baseUrl = `https://127.0.0.1:${await serveTls(selfSigned({ by: filter }))}`;
    const told = await trouble({ baseUrl });
    expect(told).toMatchObject({ reason: "unknownIssuer", issuer: "Acme Web Filter" });
    expect(told?.message).toContain('"Acme Web Filter"');
    expect(told?.hint).toContain("mobilepay.ca");
  });

  test("is trusted when its certificate is named", async () => {
    const baseUrl = `https://127.0.0.1:${await serveTls(selfSigned({ by: filter }))}`;
    expect(await trouble({ baseUrl, ca: await fileWith(filter.cert) })).toBeUndefined();
  });

  test("is not trusted by another's certificate", async () => {
    const baseUrl = `https://127.0.0.1:${await serveTls(selfSigned({ by: filter }))}`;
    expect(await trouble({ baseUrl, ca: await fileWith(authority("Another").cert) })).toMatchObject({
      reason: "unknownIssuer",
    });
  });

  test.each([
    ["is not there", "/nowhere/ca.pem"],
    ["holds no certificate", undefined],
  ])("cannot be trusted by a file that %s: that is said", async (_what, file) => {
    const baseUrl = `https://127.0.0.1:${await serveTls(selfSigned({ by: filter }))}`;
    const ca = file ?? (await fileWith("nothing"));
    expect(await trouble({ baseUrl, ca })).toMatchObject({ reason: "ownCertificates" });
  });
});

describe("a certificate", () => {
  const by = authority("Well Known");
  const cases: [string, CertificateWish, string, RegExp][] = [
    ["that begins later than the till's date", { from: "400101000000Z" }, "notYetValid", /2040-01-01.*date is \d{4}-/],
    ["that ended before the till's date", { to: "210101000000Z" }, "expired", /2021-01-01.*date is \d{4}-/],
    ["for another name", { subject: "portal.example.com" }, "wrongName", /another name/],
  ];
  test.each(cases)("%s is said to be that", async (_what, wish, reason, words) => {
    const baseUrl = `https://127.0.0.1:${await serveTls(selfSigned({ ...wish, by }))}`;
    const told = await trouble({ baseUrl, ca: await fileWith(by.cert) });
    expect(told).toMatchObject({ reason, message: expect.stringMatching(words) });
    expect(told?.hint).toMatch(/^[A-Z].+\.$/);
  });
});

describe("no way to MobilePay", () => {
  test.each([
    ["no name", async (): Promise<string> => "https://mobilepay.invalid", "noName"],
    ["nobody there", async () => `https://127.0.0.1:${await freePort()}`, "refused"],
  ] satisfies [string, () => Promise<string>, string][])("because there is %s", async (_what, baseUrl, reason) => {
    expect(await trouble({ baseUrl: await baseUrl() })).toMatchObject({ reason });
  });

  test("because nobody answers in time", async () => {
    const baseUrl = await servePlain(() => undefined);
    expect(await trouble({ baseUrl, deadlinesMs: { token: 100 } })).toMatchObject({ reason: "noAnswer" });
  });
});

describe("a shop's proxy", () => {
  const by = authority("Well Known");
  const login = "till 7:p@ss/word";
  const escaped = "till%207:p%40ss%2Fword";
  const behind = async () =>
    `https://mobilepay.example:${await serveTls(selfSigned({ subject: "mobilepay.example", by }))}`;

  test("lets the till through with its login, and is all that is connected to", async () => {
    const shops = await proxy({ login });
    const options = { baseUrl: await behind(), ca: await fileWith(by.cert) };
    const mobilePay = client({ ...options, proxy: `http://${escaped}@127.0.0.1:${shops.port}/` });
    expect(await mobilePay.gateway.getPayment("till-1-000123")).toEqual({ kind: "notFound" });
    expect(shops.asked[0]).toEqual({ to: new URL(options.baseUrl).host, login });
    expect((await mobilePay.check()).find(({ name }) => name === "salesUnit")).toMatchObject({ state: "ok" });
  });

  test.each([
    ["without a login", ""],
    ["with a wrong one", "till%207:wrong@"],
  ])("that wants a login says so %s", async (_what, given) => {
    const shops = await proxy({ login });
    const told = await trouble({ baseUrl: await behind(), proxy: `http://${given}127.0.0.1:${shops.port}/` });
    expect(told).toMatchObject({ reason: "proxyLogin", hint: expect.stringContaining("mobilepay.proxy") });
  });

  test("that does not let through, and one that is not there, are told apart", async () => {
    const shops = await proxy({ allows: false });
    const baseUrl = await behind();
    expect(await trouble({ baseUrl, proxy: `http://127.0.0.1:${shops.port}/` })).toMatchObject({
      reason: "proxyRefuses",
    });
    expect(await trouble({ baseUrl, proxy: `http://127.0.0.1:${await freePort()}/` })).toMatchObject({
      reason: "proxyAway",
    });
    expect(await trouble({ baseUrl, proxy: "http://proxy.invalid:3128/" })).toMatchObject({ reason: "proxyAway" });
  });

  test("that opens what is encrypted is named through itself", async () => {
    const shops = await proxy();
    const told = await trouble({ baseUrl: await behind(), proxy: `http://127.0.0.1:${shops.port}/` });
    expect(told).toMatchObject({ reason: "unknownIssuer", issuer: "Well Known" });
  });

  test("is not used for a stand-in on this computer", async () => {
    const shops = await proxy();
    const baseUrl = await servePlain(answers);
    expect(await trouble({ baseUrl, proxy: `http://127.0.0.1:${shops.port}/` })).toBeUndefined();
    expect(shops.asked).toEqual([]);
  });

  test("leaves no trace of its login in the log", async () => {
    const said = JSON.stringify(log.records);
    expect(log.records.length).toBeGreaterThan(0);
    for (const secret of ["p@ss", "p%40ss", Buffer.from(login).toString("base64")]) expect(said).not.toContain(secret);
  });
});
