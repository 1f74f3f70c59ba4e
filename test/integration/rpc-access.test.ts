import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectRaw, type Frame, hello, type RawClient } from "../support/rpc-client.ts";
import { posOrigin, startTestServer, type TestServer } from "../support/rpc-server.ts";

let till: TestServer;

beforeEach(async () => {
  till = await startTestServer();
});

afterEach(() => till.stop());

/** A page that has asked and shows its code. */
async function ask(options: { origin?: string; name?: string } = {}) {
  const client = await connectRaw(till.port, options.origin === undefined ? {} : { origin: options.origin });
  const answer = client.call("session.requestAccess", { client: { name: options.name ?? "New page" } });
  const shown = await client.notification("session.accessCode");
  return { client, answer, code: String(shown.params?.["code"]) };
}

/** A code that no page shows. */
function otherThan(...codes: string[]): string {
  const digits = codes.map((code) => Number(code.replace(" ", "")));
  return String((Math.max(...digits) + 1) % 100_000_000).padStart(8, "0");
}

async function denied(answer: Promise<Frame>): Promise<void> {
  expect((await answer).error?.data).toMatchObject({ code: "ACCESS_DENIED" });
}

function sayHello(client: RawClient, token: unknown): Promise<Frame> {
  return client.call("session.hello", { ...hello, token });
}

describe("a page that asks for access", () => {
  test("gets a token when a person approves its code, and may say hello with it on the same socket", async () => {
    const { client, answer, code } = await ask({ origin: posOrigin });
    expect(code).toMatch(/^\d{4} \d{4}$/);
    const approved = await till.command("approve", code);
    expect(approved).toEqual({ exitCode: 0, lines: [`New page (${posOrigin}) has access now.`] });
    const { token } = (await answer).result as { token: string };
    expect((await sayHello(client, token)).result).toMatchObject({ protocol: 1 });
  });

  test.each([
    ["spaces", (code: string) => ["approve", ...code.split(" ")]],
    ["a dash", (code: string) => ["approve", code.replace(" ", "-")]],
  ])("is approved when the code is typed with %s", async (_, typed) => {
    const { answer, code } = await ask();
    await till.command(...typed(code));
    expect((await answer).result).toHaveProperty("token");
  });

  test("gets a token for its own origin only", async () => {
    const { answer, code } = await ask({ origin: posOrigin });
    await till.command("approve", code);
    const { token } = (await answer).result as { token: string };
    expect((await sayHello(await connectRaw(till.port), token)).error?.data).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("has as long as a person needs: no 4408 while it waits, and again three seconds for hello after the answer", async () => {
    const { client, answer, code } = await ask();
    await till.world.pass(60_000);
    await till.command("approve", code);
    await answer;
    await till.world.pass(3_000);
    expect(await client.closed()).toBe(4408);
  });

  test("is denied after five minutes, and the code is of no use any more", async () => {
    const { answer, code } = await ask();
    await till.world.pass(5 * 60_000);
    await denied(answer);
    expect((await till.command("approve", code)).exitCode).toBe(1);
    expect((await till.command("list")).lines).toEqual(["Nobody has access yet."]);
  });

  test("cannot use its code twice", async () => {
    const { answer, code } = await ask();
    await till.command("approve", code);
    await answer;
    expect(await till.command("approve", code)).toMatchObject({ exitCode: 1 });
    expect((await till.command("list")).lines).toHaveLength(1);
  });

  test("is forgotten when it goes away", async () => {
    const { client, code } = await ask();
    client.socket.terminate();
    await until(async () => (await requests()).length === 0);
    expect((await till.command("approve", code)).exitCode).toBe(1);
  });

  test("may do nothing else meanwhile", async () => {
    const { client } = await ask();
    expect((await client.call("till.get")).error?.data).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await client.closed()).toBe(4401);
  });

  test("under a name and origin that has access gets a new token, and the old one is void", async () => {
    const old = await till.token("Till page", posOrigin);
    const { answer, code } = await ask({ origin: posOrigin, name: "Till page" });
    await till.command("approve", code);
    await answer;
    const client = await connectRaw(till.port, { origin: posOrigin });
    expect((await sayHello(client, old)).error?.data).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("under the name of another client gets a name of its own", async () => {
    await till.token("Till page", posOrigin);
    const { code } = await ask({ name: "Till page" });
    expect((await till.command("approve", code)).lines).toEqual(["Till page (2) (programs only) has access now."]);
  });

  test("beside others gets its own token", async () => {
    const [one, other] = [await ask({ name: "One" }), await ask({ name: "Other" })];
    await till.command("approve", other.code);
    expect((await other.answer).result).toHaveProperty("token");
    expect(one.client.frames.filter((it) => it.id !== undefined)).toEqual([]);
    await till.command("approve", one.code);
    expect((await one.answer).result).toHaveProperty("token");
  });
});

describe("wrong codes", () => {
  test("four do no harm", async () => {
    const { answer, code } = await ask();
    for (let count = 0; count < 4; count += 1)
      expect((await till.command("approve", otherThan(code))).exitCode).toBe(1);
    await till.command("approve", code);
    expect((await answer).result).toHaveProperty("token");
  });

  test("the fifth denies everybody who asks, and the right code no longer helps", async () => {
    const [one, other] = [await ask(), await ask()];
    for (let count = 0; count < 5; count += 1) await till.command("approve", otherThan(one.code, other.code));
    await denied(one.answer);
    await denied(other.answer);
    expect((await till.command("approve", one.code)).exitCode).toBe(1);
  });

  test("are still counted after a restart", async () => {
    const first = await ask();
    for (let count = 0; count < 4; count += 1) await till.command("approve", otherThan(first.code));
    till = await till.restart();
    const { answer, code } = await ask();
    await till.command("approve", otherThan(code));
    await denied(answer);
  });

  test("too many keep the door shut for five minutes, over a restart too", async () => {
    const { answer, code } = await ask();
    for (let count = 0; count < 5; count += 1) await till.command("approve", otherThan(code));
    await denied(answer);
    till = await till.restart();
    const client = await connectRaw(till.port);
    await denied(client.call("session.requestAccess", { client: { name: "Again" } }));
    till.world.wallOffMs += 5 * 60_000 + 1_000;
    await ask();
  });
});

describe("asking too often", () => {
  test("is RATE_LIMITED before anything is written", async () => {
    const client = await connectRaw(till.port);
    const outcomes: unknown[] = [];
    for (let count = 0; count < 10; count += 1) {
      const page = await connectRaw(till.port);
      void page.call("session.requestAccess", { client: { name: `Page ${count}` } });
      outcomes.push(await page.until(() => page.frames[0]?.error?.data["code"] ?? page.frames[0]?.method));
    }
    expect(outcomes).toEqual([...Array(5).fill("session.accessCode"), ...Array(5).fill("RATE_LIMITED")]);
    client.socket.terminate();
  });
});

describe("a restart", () => {
  test("withdraws what was asked: an approval would reach nobody", async () => {
    const { client, code } = await ask();
    till = await till.restart();
    expect(await client.closed()).toBe(1001);
    expect((await till.command("approve", code)).exitCode).toBe(1);
  });
});

describe("access.json", () => {
  test("holds neither token nor code", async () => {
    const token = await till.token("POS");
    const { code } = await ask();
    const text = await readFile(join(till.dataDir, "access.json"), "utf8");
    expect(text).not.toContain(token);
    expect(text).not.toContain(code.replace(" ", ""));
  });
});

async function requests(): Promise<unknown[]> {
  const record = JSON.parse(await readFile(join(till.dataDir, "access.json"), "utf8")) as { requests: unknown[] };
  return record.requests;
}

/** Lets the disk do its work until something holds; the test's own time limit ends it otherwise. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
