import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect } from "../../daemon/protocol/client.ts";
import { connectRaw, hello } from "../support/rpc-client.ts";
import { startTestServer, type TestServer, till as unpaired } from "../support/rpc-server.ts";

let server: TestServer;
let paired: boolean;
let tagId: string;

const terminal = {
  terminalId: "T1",
  merchantSerialNumber: "123456",
  tagId: "123456789012345",
  tagContent: "mobilepaypos://pos?id=123456789012345&source=qr",
  locationDescription: "Counter 1",
  registeredAt: "2026-01-05T10:00:00.000Z",
};

const amount = { currency: "DKK", value: 4990 };
const order = { paymentId: "payment-1", sale: { saleId: "S1", total: amount }, amount, customer: { by: "tillTag" } };

beforeEach(async () => {
  paired = true;
  ({ tagId } = terminal);
  server = await startTestServer({
    tillStatus: () => ({
      till: paired ? { ...unpaired, paired, terminal: { ...terminal, tagId } } : unpaired,
      recoveryOpen: 0,
    }),
  });
});

afterEach(() => server.stop());

async function sayHello(till: object) {
  const client = await connectRaw(server.port);
  const token = await server.token(`POS ${server.world.uuid()}`);
  return { client, answer: await client.call("session.hello", { ...hello, token, till }) };
}

describe("a page that says which till it is for", () => {
  test.each([
    [{}],
    [{ tillId: "kassa-1" }],
    [{ tagId: terminal.tagId }],
    [{ tillId: "kassa-1", tagId: terminal.tagId }],
  ])("is let in when it is this one: %j", async (till) => {
    expect((await sayHello(till)).answer.result).toMatchObject({ till: { tillId: "kassa-1" } });
  });

  test.each([[{ tillId: "kassa-2" }], [{ tagId: "999999999999999" }], [{ tillId: "kassa-1", tagId: "9" }]])(
    "is refused with WRONG_TILL when it is not: %j",
    async (till) => {
      const { client, answer } = await sayHello(till);
      expect(answer.error).toMatchObject({ code: 1033, data: { code: "WRONG_TILL", tillId: "kassa-1" } });
      expect(await client.closed()).toBe(4401);
    },
  );

  test("is let in when the till has no tag yet, to pair it", async () => {
    paired = false;
    expect((await sayHello({ tagId: terminal.tagId })).answer.result).toMatchObject({ till: { paired: false } });
  });
});

test("a till that gets another tag under a connected page sells nothing for it, and everything for others", async () => {
  const { client } = await sayHello({ tagId: terminal.tagId });
  const { client: other } = await sayHello({ tillId: "kassa-1" });
  tagId = "999999999999999";
  expect(await client.call("payment.start", order)).toMatchObject({ error: { data: { code: "WRONG_TILL", tagId } } });
  expect((await client.call("till.get")).error?.data["code"]).not.toBe("WRONG_TILL");
  expect((await other.call("payment.start", order)).error?.data["code"]).not.toBe("WRONG_TILL");
});

test("the client of a page for another till says wrongTill, and sells nothing", async () => {
  const token = await server.token();
  const state = Promise.withResolvers<string>();
  const client = connect({
    url: `ws://127.0.0.1:${server.port}/v1`,
    token,
    client: { name: "page", version: "1" },
    till: { tillId: "kassa-2" },
    onState: ({ name }) => name !== "connecting" && state.resolve(name),
  });
  expect(await state.promise).toBe("wrongTill");
  await expect(client.call("till.get", {}, { connectMs: 50 })).rejects.toMatchObject({ code: "NOT_CONNECTED" });
  client.close();
});
