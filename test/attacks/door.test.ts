import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectRaw, exchange, hello, statusOf } from "../support/rpc-client.ts";
import { posOrigin, startTestServer, type TestServer } from "../support/rpc-server.ts";

const paths = ["/", "/health", "/metrics", "/v1", "/nothing"];
let till: TestServer;

beforeAll(async () => {
  till = await startTestServer();
  await till.token("POS");
});

afterAll(() => till.stop());

test("A10: a client without Origin is let in, and without a token it is nobody", async () => {
  const client = await connectRaw(till.port);
  expect((await client.call("session.hello", hello)).error?.data).toMatchObject({ code: "UNAUTHENTICATED" });
  expect(await client.closed()).toBe(4401);
});

test("A16: no form, image or POST of another site changes anything", async () => {
  const before = await state();
  for (const path of paths)
    for (const method of ["POST", "PUT", "DELETE"]) {
      const body = "jsonrpc=2.0&method=pairing.remove";
      const head = `Origin: https://evil.example\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n`;
      expect(statusOf(await ask(method, path, head, body))).toBe(403);
    }
  expect(await state()).toEqual(before);
});

test("A17: no GET changes anything, whoever sends it", async () => {
  const before = await state();
  for (const path of [...paths, "/?revoke=POS", "/v1?method=pairing.remove"]) {
    await ask("GET", path, "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n");
    await ask("GET", path);
  }
  expect(await state()).toEqual(before);
});

test.each(["cross-site", "same-site"])("A20: a writing request that says %s is refused everywhere", async (site) => {
  for (const path of paths) {
    const stranger = await ask(
      "POST",
      path,
      `Sec-Fetch-Site: ${site}\r\nSec-Fetch-Dest: empty\r\nContent-Length: 0\r\n`,
    );
    expect(statusOf(stranger)).toBe(403);
    // Even a page that is allowed to connect writes over the socket alone.
    const page = await ask("POST", path, `Origin: ${posOrigin}\r\nSec-Fetch-Site: ${site}\r\nContent-Length: 0\r\n`);
    expect(statusOf(page)).toBe(405);
  }
});

function ask(method: string, path: string, headers = "", body = ""): Promise<string> {
  return exchange(till.port, `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${till.port}\r\n${headers}\r\n${body}`);
}

/** Everything on disk, and the last event. */
async function state() {
  const names = await readdir(till.dataDir);
  const files = await Promise.all(
    names.toSorted().map(async (it) => [it, await readFile(join(till.dataDir, it), "utf8")]),
  );
  return { files, lastSeq: till.events.lastSeq, clients: till.server.counts().sessions };
}
