import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import { methodTable } from "../../daemon/protocol/methods.ts";
import type { RawClient } from "../support/rpc-client.ts";
import { startTestServer, type TestServer } from "../support/rpc-server.ts";

const sale = {
  paymentId: "pay-00000001",
  sale: { saleId: "S1", total: { currency: "DKK", value: 1000 } },
  amount: { currency: "DKK", value: 1000 },
  customer: { by: "tillTag" },
};

let till: TestServer;
let token: string;
let client: RawClient;
const started: unknown[] = [];

beforeAll(async () => {
  till = await startTestServer({
    handlers: {
      "payment.start": async (params) => {
        started.push(params);
        throw new BridgeError("NOT_PAIRED", { tillId: "kassa-1" });
      },
      "payment.get": async () => {
        throw new Error("SQLITE_ERROR: no such table payments at /var/lib/tillbridge/journal.sqlite");
      },
    },
  });
  token = await till.token();
  client = await till.ready({ token });
});

afterAll(() => till.stop());

describe("a frame that is no call", () => {
  test.each([
    ["no JSON", "hello", -32700],
    ["nothing", "", -32700],
    ["NaN", '{"jsonrpc":"2.0","id":NaN,"method":"till.get"}', -32700],
    ["text", '"till.get"', -32600],
    ["null", "null", -32600],
    ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"till.get"}]', -32600],
    ["an empty batch", "[]", -32600],
    ["nesting to the brim", "[".repeat(60_000), -32700],
    ["nesting that ends", "[".repeat(30_000) + "]".repeat(30_000), -32600],
    ["no id", '{"jsonrpc":"2.0","method":"till.get"}', -32600],
    ["a null id", '{"jsonrpc":"2.0","id":null,"method":"till.get"}', -32600],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"till.get"}', -32600],
    ["a broken id", '{"jsonrpc":"2.0","id":1.5,"method":"till.get"}', -32600],
    ["an id without end", '{"jsonrpc":"2.0","id":1e999,"method":"till.get"}', -32600],
    ["an id that no integer can hold", '{"jsonrpc":"2.0","id":9007199254740993,"method":"till.get"}', -32600],
    ["an id that is too long", `{"jsonrpc":"2.0","id":"${"x".repeat(101)}","method":"till.get"}`, -32600],
  ])("(%s) is answered with an error without an id, and the session goes on", async (_, frame, code) => {
    const before = client.frames.length;
    client.send(frame);
    const answer = await client.until(() => client.frames[before]);
    expect(answer).toMatchObject({ jsonrpc: "2.0", id: null, error: { code } });
    await goesOn();
  });

  test.each([
    ["no version", { jsonrpc: undefined }, -32600, "jsonrpc"],
    ["another version", { jsonrpc: "1.0" }, -32600, "jsonrpc"],
    ["a further member", { extra: 1 }, -32600, "extra"],
    ["no method", { method: undefined }, -32600, "method"],
    ["a method that is a number", { method: 7 }, -32600, "method"],
    ["parameters in a list", { params: [1] }, -32602, "params"],
    ["parameters that are text", { params: "x" }, -32602, "params"],
  ])("(%s) is answered with an error that names the member", async (_, change, code, field) => {
    const before = client.frames.length;
    client.send({ jsonrpc: "2.0", id: "odd", method: "till.get", ...change });
    const answer = await client.until(() => client.frames[before]);
    expect(answer).toMatchObject({ id: "odd", error: { code, data: { field } } });
  });

  test.each([
    "no.such",
    "constructor",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "",
    "TILL.GET",
    "session.accessCode",
  ])("for the method %j says that there is none", async (method) => {
    expect((await client.call(method)).error).toMatchObject({ code: -32601, data: { code: "METHOD_NOT_FOUND" } });
  });

  test("as bytes closes with 1003", async () => {
    const other = await till.ready({ token });
    other.socket.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"till.get"}'), { binary: true });
    expect(await other.closed()).toBe(1003);
  });

  test("that is not UTF-8 closes with 1007", async () => {
    const other = await till.ready({ token });
    other.socket.send(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), { binary: false });
    expect(await other.closed()).toBe(1007);
  });

  test("that is not masked closes with 1002", async () => {
    const other = await till.ready({ token });
    other.socket.send("{}", { mask: false });
    expect(await other.closed()).toBe(1002);
  });
});

describe("a parameter", () => {
  test.each([
    ["missing", { amount: undefined }, "amount", "required: object"],
    ["missing inside", { amount: { currency: "DKK" } }, "amount.value", "required: number"],
    ["unknown", { tip: 1 }, "tip", "no parameter of this name"],
    ["unknown inside", { amount: { currency: "DKK", value: 1000, tip: 1 } }, "amount.tip", "no parameter of this name"],
    ["negative", { amount: { currency: "DKK", value: -1 } }, "amount.value", "at least 1"],
    ["zero", { amount: { currency: "DKK", value: 0 } }, "amount.value", "at least 1"],
    ["broken", { amount: { currency: "DKK", value: 10.5 } }, "amount.value", "a whole number"],
    ["above the limit", { amount: { currency: "DKK", value: 65_000_001 } }, "amount.value", "at most 65000000"],
    ["text for a number", { amount: { currency: "DKK", value: "1000" } }, "amount.value", "number"],
    [
      "of another currency",
      { amount: { currency: "USD", value: 1000 } },
      "amount.currency",
      '"DKK", "EUR", "NOK", "SEK"',
    ],
    ["too long", { sale: { saleId: "x".repeat(65), total: sale.amount } }, "sale.saleId", "at most 64 characters"],
    [
      "text that steers a terminal",
      { sale: { saleId: "\u001b[2J", total: sale.amount } },
      "sale.saleId",
      "one line of plain text",
    ],
    [
      "text that is read backwards",
      { sale: { saleId: "\u202e123", total: sale.amount } },
      "sale.saleId",
      "one line of plain text",
    ],
    ["too short", { paymentId: "p" }, "paymentId", "text like /^[A-Za-z0-9-]{8,36}$/"],
    ["with a line break", { paymentId: "pay-00000001\n" }, "paymentId", "text like /^[A-Za-z0-9-]{8,36}$/"],
    ["of no known kind", { customer: { by: "cash" } }, "customer.by", expect.any(String)],
    [
      "of a kind that lacks something",
      { customer: { by: "phone" } },
      "customer.phoneNumber",
      expect.stringContaining("required"),
    ],
  ])("that is %s is refused by name, with what is allowed", async (_, change, field, allowed) => {
    const answer = await client.call("payment.start", { ...sale, ...change });
    expect(answer.error).toMatchObject({
      code: -32602,
      data: { code: "INVALID_PARAMS", retry: "never", field, allowed },
    });
    expect(started).toEqual([]);
  });

  test.each([
    ["without end", "1e999"],
    ["of more digits than a number holds", "99999999999999999999"],
  ])("that is a number %s is refused", async (_, value) => {
    client.send(
      `{"jsonrpc":"2.0","id":"big-${value}","method":"payment.start","params":${JSON.stringify(sale).replace("1000}}", `${value}}}`)}}`,
    );
    const answer = await client.answer(`big-${value}`);
    expect(answer.error).toMatchObject({ code: -32602, data: { field: "sale.total.value" } });
  });

  test.each(["__proto__", "constructor", "prototype"])("named %s is refused and changes nothing", async (name) => {
    client.send(`{"jsonrpc":"2.0","id":"${name}","method":"till.get","params":{"${name}":{"isAdmin":true}}}`);
    expect((await client.answer(name)).error).toMatchObject({ code: -32602, data: { field: name } });
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  test("with half a character is refused, with a whole one it is not", async () => {
    const frame = (id: string, saleId: string) =>
      JSON.stringify({ jsonrpc: "2.0", id, method: "payment.list", params: { saleId } }).replace("HALF", "\\ud83d");
    client.send(frame("half", "HALF"));
    expect((await client.answer("half")).error?.code).toBe(-32600);
    client.send(frame("whole", "HALF").replace("\\ud83d", "\\ud83d\\ude00"));
    expect((await client.answer("whole")).error?.code).toBe(-32603);
  });

  test("nested thousands deep is refused", async () => {
    const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
    client.send(`{"jsonrpc":"2.0","id":"deep","method":"till.get","params":${deep}}`);
    expect((await client.answer("deep")).error).toMatchObject({ code: -32602, data: { field: "a" } });
  });

  test("that is wrong is never sent back", async () => {
    const answer = await client.call("payment.start", {
      ...sale,
      customer: { by: "phone", phoneNumber: "+45 secret\n" },
    });
    expect(JSON.stringify(answer)).not.toContain("secret");
  });
});

describe("an error", () => {
  test("of the table has its number, its name and what to do", async () => {
    const answer = await client.call("payment.start", sale);
    expect(answer.error).toEqual({
      code: 1001,
      message: "This till has no MobilePay tag yet.",
      data: { code: "NOT_PAIRED", retry: "never", hint: expect.any(String), tillId: "kassa-1" },
    });
    started.length = 0;
  });

  test("that nobody foresaw says nothing of the inside, and is logged", async () => {
    const answer = await client.call("payment.get", { paymentId: "pay-00000001" });
    expect(answer.error).toMatchObject({ code: -32603, message: "Internal error", data: { retry: "query" } });
    expect(JSON.stringify(answer)).not.toMatch(/SQL|tillbridge\/|journal|at |\.ts/);
    expect(till.log.records).toContainEqual(
      expect.objectContaining({ level: "error", fields: expect.objectContaining({ method: "payment.get" }) }),
    );
  });
});

test("the OpenRPC document lists every method of the table", async () => {
  const { result } = await client.call("rpc.discover");
  expect(result).toMatchObject({ openrpc: "1.3.2" });
  const methods = result?.["methods"] as { name: string }[];
  expect(methods.map((it) => it.name)).toEqual(Object.keys(methodTable));
});

async function goesOn(): Promise<void> {
  expect((await client.call("till.get")).result).toBeDefined();
  expect(client.socket.readyState).toBe(client.socket.OPEN);
}
