import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Program, runProgram } from "../support/program.ts";
import { connectRaw, hello } from "../support/rpc-client.ts";

const demos: Program[] = [];
/** A killed demo leaves its folder behind; here it is found and removed. */
let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "tillbridge-demo-test-"));
});

afterEach(async () => {
  await Promise.all(demos.splice(0).map((demo) => demo.stop()));
  await rm(temporary, { recursive: true });
});

/** Starts the demo. Answers the address of its page. */
async function open(...words: string[]): Promise<{ demo: Program; url: string }> {
  return opened(new Program(["demo", "--port", "0", ...words], { environment: { TMPDIR: temporary } }));
}

async function opened(demo: Program): Promise<{ demo: Program; url: string; said: string }> {
  demos.push(demo);
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    demo.process.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /^ +(http:\/\/127\.0\.0\.1:\d+)\/$/m.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    void demo.ended.then(({ stderr }) => reject(new Error(`the demo ended: ${stderr}`)));
  });
  return { demo, url, said };
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request as a browser cannot send it: with any Host. */
async function ask(url: string, { method = "GET", headers = {}, body = "" }: Asked = {}) {
  return new Promise<{ status: number; body: string; headers: Readonly<Record<string, unknown>> }>(
    (resolve, reject) => {
      const sent = request(url, { method, headers }, (answer) => {
        text(answer).then(
          (content) => resolve({ status: answer.statusCode ?? 0, body: content, headers: answer.headers }),
          reject,
        );
      });
      sent.on("error", reject);
      sent.end(body);
    },
  );
}

const json = { "content-type": "application/json" };

async function outside(url: string): Promise<{ token: string; power: string; shop: string; daemonUrl: string }> {
  return JSON.parse((await ask(`${url}/demo/outside`)).body) as never;
}

/** The processes that the demo started. */
async function childrenOf({ process: { pid = 0 } }: Program): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.trim().split(" ").map(Number);
}

async function ended(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // A zombie has ended; whoever should have waited for it is gone.
  return state === "" || / Z /.test(state);
}

describe("the demo's page", () => {
  test("gets its token by an answer that no other page can read, and never by its address", async () => {
    const { url } = await open();
    const { token } = await outside(url);
    expect(token.length).toBeGreaterThan(20);
    const page = await ask(`${url}/`);
    expect(page.body).not.toContain(token);
    expect(page.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(page.headers["access-control-allow-origin"]).toBeUndefined();
    const foreign = [
      { host: "demo.example" },
      { host: `demo.example:${new URL(url).port}` },
      { origin: "https://shop.example" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const headers of foreign) expect((await ask(`${url}/demo/outside`, { headers })).status).toBe(403);
  });

  test("alone can pull the plug and scan: no other page, no form, no link", async () => {
    const { url } = await open();
    const off = JSON.stringify({ on: false });
    const foreign: Asked[] = [
      { method: "POST", headers: json, body: off },
      { method: "POST", headers: { ...json, origin: "https://shop.example" }, body: off },
      { method: "POST", headers: { ...json, origin: "null" }, body: off },
      { method: "POST", headers: { ...json, origin: `${url}0` }, body: off },
      { method: "POST", headers: { "content-type": "text/plain", origin: url }, body: off },
      { method: "POST", headers: { ...json, origin: "http://demo.example", host: "demo.example" }, body: off },
    ];
    for (const asked of foreign)
      expect((await ask(`${url}/demo/power`, asked)).status, JSON.stringify(asked)).toBe(403);
    expect((await ask(`${url}/demo/power`)).status).toBe(404);
    expect((await outside(url)).power).toBe("on");

    const own = { method: "POST", headers: { ...json, origin: url } };
    expect((await ask(`${url}/demo/scan`, { ...own, body: '{"text":"anything"}' })).status).toBe(400);
    expect((await ask(`${url}/demo/scan`, { ...own, body: '{"sticker":true}' })).status).toBe(204);
    expect((await ask(`${url}/demo/power`, { ...own, body: off })).status).toBe(204);
    expect((await outside(url)).power).toBe("off");
    expect((await ask(`${url}/demo/scan`, { ...own, body: '{"sticker":true}' })).status).toBe(409);
  });

  test("is known by one address: another name for this machine leads there", async () => {
    const { url } = await open();
    const { port } = new URL(url);
    const answer = await ask(`${url}/`, { headers: { host: `localhost:${port}` } });
    expect([answer.status, answer.headers["location"]]).toEqual([307, `${url}/`]);
  });
});

describe("the demo", () => {
  test("leaves nothing when it is told to stop: no process, no file", async () => {
    const { demo } = await open();
    const children = await childrenOf(demo);
    expect(children).toHaveLength(2);
    expect(await readdir(temporary)).toHaveLength(1);
    expect(await demo.stop("SIGINT")).toMatchObject({ code: 0, stderr: "" });
    expect(await Promise.all(children.map(ended))).toEqual([true, true]);
    expect(await readdir(temporary)).toEqual([]);
  });

  test("takes the daemon and the scanner with it when it is killed", async () => {
    const { demo } = await open();
    const children = await childrenOf(demo);
    await demo.stop("SIGKILL");
    await expect.poll(() => Promise.all(children.map(ended))).toEqual([true, true]);
  });

  test("is a fresh shop each time, unless it is given a folder", async () => {
    const folder = join(temporary, "shop");
    const shops: string[] = [];
    for (const words of [[], ["--data", folder], ["--data", folder]]) {
      const { demo, url } = await open(...words);
      shops.push((await outside(url)).shop);
      await demo.stop();
    }
    expect(shops[1]).not.toBe(shops[0]);
    expect(shops[2]).toBe(shops[1]);
    expect(existsSync(join(folder, "tillbridge.json"))).toBe(true);
  });

  test("says which package it needs when there is no socat", async () => {
    const { code, stderr } = await runProgram(["demo"], { environment: { PATH: "" } });
    expect(code).toBe(1);
    expect(stderr).toContain("apt-get install --no-install-recommends socat");
  });

  test("takes a simulated scanner where there is no pseudo-terminal, says so, and its scans arrive", async () => {
    // A socat that is there, and can make none.
    await writeFile(join(temporary, "socat"), '#!/bin/sh\n[ "$1" = -V ]\n', { mode: 0o755 });
    const environment = { TMPDIR: temporary, PATH: `${temporary}:${process.env["PATH"] ?? ""}` };
    const { url, said } = await opened(new Program(["demo", "--port", "0"], { environment }));
    expect(said).toContain("the scanner is a simulated one");
    const { daemonUrl, token } = await outside(url);
    const page = await connectRaw(Number(new URL(daemonUrl).port), { origin: url });
    await page.call("session.hello", { ...hello, token });
    await page.call("device.claim");
    await ask(`${url}/demo/scan`, {
      method: "POST",
      headers: { ...json, origin: url },
      body: '{"ean":"4006381333931"}',
    });
    expect((await page.notification("scan.read")).params).toMatchObject({ data: "4006381333931" });
    page.socket.close();
  });

  test("says who has its port, and how to take another", async () => {
    const { url, demo } = await open();
    const { port } = new URL(url);
    const { code, stderr } = await runProgram(["demo", "--port", port]);
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port} is taken by ${process.execPath}`);
    expect(stderr).toContain(`(process ${demo.process.pid}). Another is taken with: --port 0`);
  });

  test("refuses options that make no sense", async () => {
    expect((await runProgram(["demo", "--port", "many"])).code).toBe(2);
    expect((await runProgram(["demo", "--hardware"])).code).toBe(2);
  });
});
