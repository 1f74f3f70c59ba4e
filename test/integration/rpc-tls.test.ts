import { once } from "node:events";
import { get } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { exchange, hello, RawClient } from "../support/rpc-client.ts";
import { startTestServer, type TestServer } from "../support/rpc-server.ts";
import { selfSigned } from "../support/self-signed.ts";

const tls = selfSigned();
let till: TestServer;

beforeAll(async () => {
  till = await startTestServer({ tls });
});

afterAll(() => till.stop());

describe("with a certificate", () => {
  test("a page is served over wss", async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${till.port}/v1`, { ca: tls.cert });
    const client = new RawClient(socket);
    await once(socket, "open");
    expect((await client.call("session.hello", { ...hello, token: await till.token() })).result).toBeDefined();
  });

  test("the guard stands before wss as before ws", async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${till.port}/v1`, { ca: tls.cert, origin: "https://evil.example" });
    const [error] = (await once(socket, "error").catch((error: unknown) => [error])) as [Error];
    expect(error.message).toContain("403");
  });

  test("a page is served over https", async () => {
    const [response] = (await once(get(`https://127.0.0.1:${till.port}/health`, { ca: tls.cert }), "response")) as [
      { statusCode: number; destroy(): void },
    ];
    expect(response.statusCode).toBe(200);
    response.destroy();
  });

  test("nothing is answered in the clear, and nonsense does no harm", async () => {
    const plain = await exchange(till.port, `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${till.port}\r\n\r\n`);
    expect(plain).not.toContain("200 OK");
    await exchange(till.port, "\x16\x03\x01\xff\xff nonsense".padEnd(70_000));
    expect(till.server.counts()).toBeDefined();
  });
});
