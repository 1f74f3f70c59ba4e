import { once } from "node:events";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLogger } from "../../daemon/log/logger.ts";
import { connectRaw, exchange, statusOf, upgradeHead } from "../support/rpc-client.ts";
import { posOrigin, startTestServer, type TestServer } from "../support/rpc-server.ts";

let till: TestServer;
let host: string;

beforeAll(async () => {
  till = await startTestServer();
  host = `127.0.0.1:${till.port}`;
});

afterAll(() => till.stop());

describe("the upgrade", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["localhost", "127.0.0.1"],
    ["[::1]", "::1"],
    ["localhost", "::1"],
  ])("is granted for Host %s on %s", async (name, address) => {
    const answer = exchange(till.port, upgradeHead([["Host", `${name}:${till.port}`]]) + closeFrame(), address);
    expect(statusOf(await answer)).toBe(101);
  });

  test.each([
    ["another name", "evil.example:PORT"],
    ["a name that begins like ours", "localhost.evil.example:PORT"],
    ["a name with a trailing dot", "localhost.:PORT"],
    ["upper case", "LOCALHOST:PORT"],
    ["another loopback address", "127.0.0.2:PORT"],
    ["the address that means any", "0.0.0.0:PORT"],
    ["the address as one number", "2130706433:PORT"],
    ["the address in hexadecimal", "0x7f.1:PORT"],
    ["the address mapped into IPv6", "[::ffff:127.0.0.1]:PORT"],
    ["the long form of ::1", "[0:0:0:0:0:0:0:1]:PORT"],
    ["another port", "127.0.0.1:1"],
    ["no port", "127.0.0.1"],
    ["a port with a zero before it", "127.0.0.1:0PORT"],
    ["a user before it", "user@127.0.0.1:PORT"],
    ["nothing", ""],
    ["two joined", "127.0.0.1:PORT, evil.example"],
    ["bytes that are no text", "\u00ff\u00fe"],
  ])("is refused with 403 when Host is %s", async (_, name) => {
    const value = name.replace("PORT", String(till.port));
    expect(statusOf(await exchange(till.port, upgradeHead([["Host", value]])))).toBe(403);
  });

  test("is refused with 403 when there is no Host", async () => {
    expect(statusOf(await exchange(till.port, upgradeHead([])))).toBe(403);
  });

  test.each(["Host", "host", "HOST"])("is refused with 403 when Host is sent twice, the second as %s", async (name) => {
    const head = upgradeHead([
      ["Host", host],
      [name, host],
    ]);
    expect(statusOf(await exchange(till.port, head))).toBe(403);
  });

  test("is refused with 403 when the target is a whole address", async () => {
    expect(statusOf(await exchange(till.port, upgradeHead([["Host", host]], `http://${host}/v1`)))).toBe(403);
  });

  test("is granted to a listed origin", async () => {
    const client = await connectRaw(till.port, { origin: posOrigin });
    client.socket.close();
    expect(await client.closed()).toBe(1005);
  });

  test.each([
    "https://evil.example",
    "https://pos.example.com.evil.example",
    "https://evilpos.example.com",
    "https://pos.example.com:444",
    "https://pos.example.com:443",
    "http://pos.example.com",
    "https://pos.example.com.",
    "https://pos.example.com/",
    "https://POS.example.com",
    "https://sub.pos.example.com",
    "https://xn--ps-example-com.example",
    "https://pos.example.co",
    "https://user@pos.example.com",
    "null",
    "file://",
    "chrome-extension://abcdefghijklmnop",
    "https://pos.example.com, https://pos.example.com",
    "https://pos.example.com https://evil.example",
    "",
  ])("is refused with 403 to the origin %j", async (origin) => {
    const head = upgradeHead([
      ["Host", host],
      ["Origin", origin],
    ]);
    expect(statusOf(await exchange(till.port, head))).toBe(403);
  });

  test("is refused with 403 when Origin is sent twice, even the same", async () => {
    const head = upgradeHead([
      ["Host", host],
      ["Origin", posOrigin],
      ["origin", posOrigin],
    ]);
    expect(statusOf(await exchange(till.port, head))).toBe(403);
  });

  test("a line break in Origin cannot bring in a second header unseen", async () => {
    const head = upgradeHead([
      ["Host", host],
      ["Origin", `https://evil.example\r\nOrigin: ${posOrigin}`],
    ]);
    expect(statusOf(await exchange(till.port, head))).toBe(403);
  });

  test.each(["/", "/v1/", "/v2", "/v1?token=abc", "//v1", "/health"])("is answered with 404 at %s", async (target) => {
    expect(statusOf(await exchange(till.port, upgradeHead([["Host", host]], target)))).toBe(404);
  });

  test("never offers compression", async () => {
    const head = upgradeHead([
      ["Host", host],
      ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"],
    ]);
    expect(await exchange(till.port, head + closeFrame())).not.toMatch(/permessage-deflate/i);
  });

  test("the refusal names nothing that the caller sent, and is logged once", async () => {
    const head = upgradeHead([
      ["Host", host],
      ["Origin", "https://curious.example"],
    ]);
    expect(await exchange(till.port, head)).not.toContain("curious");
    await exchange(till.port, head);
    expect(till.log.records.filter((it) => it.fields["reason"] === "origin")).toHaveLength(1);
  });
});

describe("a broken head", () => {
  test.each([
    ["10 000 headers", () => `GET / HTTP/1.1\r\nHost: ${host}\r\n${"a: b\r\n".repeat(10_000)}\r\n`],
    ["a header of 64 KB", () => `GET / HTTP/1.1\r\nHost: ${host}\r\nx: ${"y".repeat(65_536)}\r\n\r\n`],
    ["a header without a name", () => `GET / HTTP/1.1\r\nHost: ${host}\r\n: x\r\n\r\n`],
    ["a NUL in Host", () => `GET / HTTP/1.1\r\nHost: 127.0.0.1\0:${till.port}\r\n\r\n`],
    ["a lone carriage return", () => `GET / HTTP/1.1\r\nHost: ${host}\rOrigin: x\r\n\r\n`],
    ["a folded header", () => `GET / HTTP/1.1\r\nHost: ${host}\r\n evil.example\r\n\r\n`],
    ["no HTTP at all", () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"],
    [
      "a WebSocket without a key",
      () => `GET /v1 HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    ],
    [
      "an upgrade to something else",
      () => `GET /v1 HTTP/1.1\r\nHost: ${host}\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n`,
    ],
    [
      "chunks that are no chunks",
      () => `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n`,
    ],
    ["two lengths", () => `GET / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`],
    ["CONNECT", () => `CONNECT evil.example:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ])("with %s is refused, and the next caller is served", async (_, bytes) => {
    const answer = await exchange(till.port, bytes());
    expect(answer).not.toMatch(/^HTTP\/1\.1 (1|2|3|5)/);
    expect(statusOf(await get("/health"))).toBe(200);
  });
});

test("callers who hang up while they are answered do no harm", async () => {
  const heads = [
    upgradeHead([["Host", host]]),
    upgradeHead([["Host", "evil.example"]]),
    upgradeHead([["Host", host]], "/no"),
  ];
  const callers = Array.from({ length: 60 }, (_, index) => hangUpAfter(heads[index % heads.length] ?? ""));
  await Promise.all(callers);
  expect(statusOf(await get("/health"))).toBe(200);
});

describe("HTTP", () => {
  test.each([
    ["/health", "application/json; charset=utf-8", '{"status":"ok"}'],
    ["/metrics", "text/plain; version=0.0.4; charset=utf-8", "tillbridge_up 1"],
    ["/", "text/html; charset=utf-8", "<title>Tillbridge</title>"],
  ])("GET %s is answered as %s", async (path, contentType, body) => {
    const answer = await get(path);
    expect(statusOf(answer)).toBe(200);
    expect(answer).toContain(`Content-Type: ${contentType}\r\n`);
    expect(answer).toContain(body);
  });

  test.each(["/health", "/metrics", "/", "/nothing"])(
    "GET %s can be neither framed, sniffed, kept nor read from elsewhere",
    async (path) => {
      const answer = await get(path);
      expect(answer).toContain("frame-ancestors 'none'");
      expect(answer).toContain("X-Content-Type-Options: nosniff\r\n");
      expect(answer).toContain("Cache-Control: no-store\r\n");
      expect(answer).not.toMatch(/access-control/i);
    },
  );

  test.each(["/v1", "/v1?token=abc", "/health?x", "/health/", "/../health", "/nothing"])(
    "GET %s is 404",
    async (path) => {
      expect(statusOf(await get(path))).toBe(404);
    },
  );

  test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])("%s is 405 everywhere", async (method) => {
    for (const path of ["/", "/health", "/metrics", "/v1"]) {
      const answer = await exchange(
        till.port,
        `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`,
      );
      expect(statusOf(answer)).toBe(405);
      expect(answer).not.toMatch(/access-control/i);
    }
  });

  test("a preflight of a stranger is refused without a word about who may", async () => {
    const answer = await exchange(
      till.port,
      `OPTIONS /health HTTP/1.1\r\nHost: ${host}\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Private-Network: true\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(403);
    expect(answer).not.toMatch(/access-control/i);
  });

  test.each(["/health", "/metrics", "/"])("GET %s has the same guard as the socket", async (path) => {
    const rebound = await exchange(till.port, `GET ${path} HTTP/1.1\r\nHost: evil.example:${till.port}\r\n\r\n`);
    const foreign = await get(path, "Origin: https://evil.example\r\n");
    expect([statusOf(rebound), statusOf(foreign)]).toEqual([403, 403]);
  });

  test("a page of another site cannot load anything, but a link on it may be followed", async () => {
    const script = await get(
      "/health",
      "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n",
    );
    const frame = await get("/", "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n");
    const link = await get(
      "/",
      "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
    );
    expect([statusOf(script), statusOf(frame), statusOf(link)]).toEqual([403, 403, 200]);
  });

  test("HEAD is answered without a body", async () => {
    const answer = await exchange(till.port, `HEAD /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(statusOf(answer)).toBe(200);
    expect(answer).not.toContain('status":');
  });
});

describe("the port", () => {
  test("is open on both loopback addresses and on no other address of this machine", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((it) => it ?? [])
      .filter((it) => !it.internal && !it.address.startsWith("fe80"))
      .map((it) => it.address);
    for (const address of ["127.0.0.2", ...others])
      await expect(exchange(till.port, "", address)).rejects.toThrow(/ECONNREFUSED/);
  });

  test.each(["127.0.0.1", "::1"])(
    "that somebody holds on %s is a clear failure, and nothing stays open",
    async (address) => {
      const impostor = createServer((socket) => socket.end("mine")).listen({ port: 0, host: address });
      await once(impostor, "listening");
      const { port } = impostor.address() as { port: number };
      await expect(startTestServer({ port })).rejects.toThrow(`port ${port} on ${address} is taken by another program`);
      const other = address === "::1" ? "127.0.0.1" : "::1";
      await expect(exchange(port, "", other)).rejects.toThrow(/ECONNREFUSED/);
      impostor.close();
    },
  );

  test("is free again after close", async () => {
    const first = await startTestServer();
    const { port } = first;
    await first.stop();
    const second = await startTestServer({ port, log: silentLogger });
    expect(second.port).toBe(port);
    await second.stop();
  });
});

/** Sends, and breaks the connection off without reading. */
async function hangUpAfter(bytes: string): Promise<void> {
  const socket = connect(till.port, "127.0.0.1");
  await once(socket, "connect");
  await new Promise((resolve) => socket.write(bytes, resolve));
  socket.resetAndDestroy();
}

function get(path: string, headers = ""): Promise<string> {
  return exchange(till.port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`);
}

/** A masked close frame, so that the daemon hangs up after the upgrade. */
function closeFrame(): string {
  return "\x88\x80\0\0\0\0";
}
