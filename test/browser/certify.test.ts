import { once } from "node:events";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { certifyCommand } from "../../daemon/devkit/certify/command.ts";
import { realWorld } from "../../daemon/world.ts";
import { freePort } from "../support/free-port.ts";
import { checkout } from "../support/imports.ts";
import { Build, DemoShop } from "./demo-shop.ts";

/** Only against what hangs: a certification is long. */
const timeout = 400_000;
let build: Build;
let folder: string;
let server: Server | undefined;

beforeAll(async () => {
  build = await Build.make();
});

afterAll(() => build.remove());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tillbridge-certify-test-"));
});

afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function certify(...argv: string[]) {
  const lines: string[] = [];
  const { PATH, HOME } = process.env;
  const environment = { PATH, HOME };
  const context = { print: (line: string) => void lines.push(line), environment, world: realWorld(), version: "1" };
  return { code: await certifyCommand(argv, context), lines };
}

/** Serves docs/examples/certified-page.html as a POS maker's own server would. `change`: what is wrong with its code. */
async function servePage(change = (right: string) => right): Promise<string> {
  const examples = join(checkout, "docs/examples");
  await copyFile(join(examples, "certified-page.html"), join(folder, "certified-page.html"));
  await copyFile(join(build.folder, "client.js"), join(folder, "client.js"));
  await writeFile(join(folder, "pos.mjs"), change(await readFile(join(examples, "pos.mjs"), "utf8")));
  const send = async (name: string, response: ServerResponse) => {
    const content = (await readdir(folder)).includes(name) ? await readFile(join(folder, name)) : undefined;
    const type = name.endsWith(".html") ? "text/html" : "text/javascript";
    response.writeHead(content ? 200 : 404, { "content-type": type }).end(content);
  };
  server = createServer(({ url = "/" }, response) => void send(url.slice(1), response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/certified-page.html`;
}

test("the demo's till page, told of another till, says nothing until it has loaded itself anew for it", async () => {
  const shop = await DemoShop.open(build);
  try {
    const connect = 'tillbridgeCertify({ do: "connect", url: "ws://127.0.0.1:1/v1", token: "none" })';
    const answer = await shop.page.evaluate(`${connect}.then(() => "connected")`).catch(() => "left");
    expect(answer).toBe("left");
  } finally {
    await shop.close();
  }
});

test("the demo's till page passes every case, and the report shows what the cashier saw", { timeout }, async () => {
  const shop = await DemoShop.open(build);
  try {
    const report = join(folder, "report.md");
    const { code, lines } = await certify("--client", `${shop.url}/`, "--report", report);
    expect(lines.filter((line) => !line.startsWith("pass"))).toEqual(["13 of 13 passed"]);
    expect(code).toBe(0);
    const text = await readFile(report, "utf8");
    expect(text.match(/\| passed \|/g)).toHaveLength(13);
    for (const [, picture = ""] of text.matchAll(/\]\((.+\.png)\)/g))
      expect((await readFile(join(folder, picture))).subarray(1, 4).toString()).toBe("PNG");
  } finally {
    await shop.close();
  }
});

const some = ["--only", "reload,paid without receipt"];

test("the page of the guide passes, over a reload and a power cut", { timeout }, async () => {
  const { lines } = await certify("--client", await servePage(), ...some);
  expect(lines.at(-1)).toBe("2 of 2 passed");
});

test("a page that forgets its payments over a reload, and takes a decision for a refusal, is told so", {
  timeout,
}, async () => {
  const address = await servePage((right) =>
    right.replace("this.#memory.write(", "void (").replace('{ outcome: "needsDecision" }', '{ outcome: "notPaid" }'),
  );
  const { code, lines } = await certify("--client", address, ...some, "--wait", "8");
  const text = lines.join("\n");
  expect(code).toBe(1);
  expect(text).toMatch(/MISSING reload/);
  expect(text).toMatch(/MISSING paid without receipt[^]*the POS said "(notPaid|unknown)", not "needsDecision"/);
});

test("a page that has nothing for us is told what it lacks", async () => {
  const address = await servePage();
  const client = address.replace("certified-page.html", "client.js");
  await expect(certify("--client", client, "--wait", "2")).rejects.toThrow("the page has no window.tillbridgeCertify");
});

test("a page that is not there is told as such", async () => {
  const address = `http://127.0.0.1:${await freePort()}/`;
  await expect(certify("--client", address)).rejects.toThrow("the page cannot be opened: net::ERR_CONNECTION_REFUSED");
});

test("a page that does not connect is told so", async () => {
  const address = await servePage((right) => right.replace("      url,\n", '      url: "ws://127.0.0.1:1/v1",\n'));
  await expect(certify("--client", address, "--wait", "3")).rejects.toThrow(/the page does not connect to the till/);
});
