import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashOf, newToken, sameHash } from "../../daemon/server/access/secrets.ts";
import { methodTable } from "../../daemon/protocol/methods.ts";
import { openRpcDocument } from "../../daemon/protocol/openrpc.ts";
import { connectRaw, exchange, hello } from "../support/rpc-client.ts";
import { posOrigin, startTestServer, type TestServer } from "../support/rpc-server.ts";

let till: TestServer;

beforeAll(async () => {
  till = await startTestServer();
});

afterAll(() => till.stop());

const others = Object.keys(methodTable).filter((name) => !name.startsWith("session."));

test.each(others)("A21: %s is not carried out without a token", async (method) => {
  const client = await connectRaw(till.port, { origin: posOrigin });
  const { error } = await client.call(method, exampleFor(method));
  expect(["UNAUTHENTICATED", "INVALID_PARAMS"]).toContain(error?.data["code"]);
  expect(await client.closed()).toBe(4401);
});

test("A21: what a page shows without a token names no client, token or path", async () => {
  const token = await till.token("Counter 7");
  for (const path of ["/", "/health", "/metrics"]) {
    const answer = await exchange(till.port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${till.port}\r\n\r\n`);
    expect(answer).not.toMatch(/Counter 7|\/tmp\/|node_modules/);
    expect(answer).not.toContain(token);
  }
});

test("A26: a token in the address opens nothing, and never stands in the log", async () => {
  const token = await till.token("Careless");
  await expect(connectRaw(till.port, { path: `/v1?token=${token}` })).rejects.toThrow("404");
  await exchange(till.port, `GET /v1?token=${token} HTTP/1.1\r\nHost: evil.example\r\n\r\n`);
  expect(JSON.stringify(till.log.records)).not.toContain(token);
});

test("A27: what is compared is a hash: a token with one letter changed agrees with it by chance alone", () => {
  const token = newToken();
  const agreeing = Array.from("abcdefghijklmnopqrstuvwxyz0123456789", (letter) => {
    const near = hashOf(token.slice(0, -1) + letter);
    return token.endsWith(letter) ? 0 : commonStart(near, hashOf(token));
  });
  expect(Math.max(...agreeing)).toBeLessThan(8);
  expect([sameHash(hashOf(token), hashOf(token)), sameHash(hashOf(token), hashOf(`${token}x`))]).toEqual([true, false]);
});

test.skipIf(process.platform === "win32")(
  "A29: a daemon whose access list others can read does not start",
  async () => {
    const exposed = await startTestServer();
    await exposed.token();
    await chmod(join(exposed.dataDir, "access.json"), 0o644);
    await expect(exposed.restart()).rejects.toThrow("can be read or written by others");
    await exposed.stop();
  },
);

test("A36: a hello that claims origins is refused", async () => {
  const client = await connectRaw(till.port);
  const origins = Array.from({ length: 100 }, () => posOrigin);
  const { error } = await client.call("session.hello", { ...hello, token: await till.token("Many"), origins });
  expect(error?.data).toMatchObject({ code: "INVALID_PARAMS", field: "origins" });
  expect(await client.closed()).toBe(4401);
});

test("A49: no method takes a path, an address or a command", () => {
  const names = openRpcDocument("1").methods.flatMap((it) => it.params.map((param) => param.name));
  expect(names.filter((name) => /path|file|folder|url|host|port$|command|exec/i.test(name))).toEqual([]);
});

function commonStart(one: string, other: string): number {
  const different = Array.from(one).findIndex((letter, index) => letter !== other[index]);
  return different < 0 ? one.length : different;
}

/** Parameters that are right, where a few words can be: the refusal must come before anybody looks at them. */
function exampleFor(method: string): object {
  if (method.startsWith("payment.") || method === "recovery.resolve") return { paymentId: "pay-00000001" };
  return method === "events.replay" ? { afterSeq: 0 } : {};
}
