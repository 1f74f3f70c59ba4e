import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { methodTable } from "../../daemon/protocol/methods.ts";
import { mayCall } from "../../daemon/server/may-call.ts";
import { connectRaw } from "../support/rpc-client.ts";
import { startTestServer, type TestServer } from "../support/rpc-server.ts";

let till: TestServer;
let called: string[];

beforeEach(async () => {
  called = [];
  const note = (name: string) => async () => {
    called.push(name);
    throw new Error("not here");
  };
  till = await startTestServer({
    handlers: { "refund.start": note("refund"), "payment.cancel": note("cancel"), "pairing.remove": note("unpair") },
  });
});

afterEach(() => till.stop());

const refund = {
  refundId: "refund-01",
  paymentId: "payment-1",
  amount: { currency: "DKK", value: 100 },
};

async function clientWith(rights: string) {
  const { lines } = await till.command("add", "--name", rights, "--rights", rights);
  return till.ready({ token: lines.at(-1) ?? "" });
}

describe("a client with the right to read alone", () => {
  test("A54: cannot cancel another's payment", async () => {
    const display = await clientWith("read");
    const { error } = await display.call("payment.cancel", { paymentId: "payment-1" });
    expect(error).toMatchObject({ code: 1027, data: { code: "ACCESS_DENIED", needs: "sell", retry: "never" } });
    expect(called).toEqual([]);
  });

  test("looks at the till", async () => {
    const display = await clientWith("read");
    expect((await display.call("till.get")).result).toMatchObject({ tillId: "kassa-1" });
  });
});

describe("a client that may sell", () => {
  test("A56: cannot refund, and is told what is missing", async () => {
    const pos = await clientWith("read,sell");
    expect((await pos.call("refund.start", refund)).error?.data).toMatchObject({
      code: "ACCESS_DENIED",
      needs: "refund",
      hint: expect.stringContaining("ask the person who looks after the till"),
    });
    expect((await pos.call("pairing.remove")).error?.data).toMatchObject({ needs: "settings" });
    expect(called).toEqual([]);
  });

  test("reads, though nobody said so", async () => {
    const pos = await clientWith("sell");
    expect((await pos.call("till.get")).result).toBeDefined();
  });
});

test("a client of which nothing is said may do everything, as before there were rights", async () => {
  const pos = await till.ready();
  await pos.call("refund.start", refund);
  await pos.call("payment.cancel", { paymentId: "payment-1" });
  await pos.call("pairing.remove");
  expect(called).toEqual(["refund", "cancel", "unpair"]);
});

test("hello says what a client may do, and so does the list", async () => {
  const { lines } = await till.command("add", "--name", "Display", "--rights", "read");
  const display = await till.ready({ token: lines.at(-1) ?? "" });
  expect(display.frames[0]?.result?.["rights"]).toEqual(["read"]);
  expect((await till.command("list")).lines.join("\n")).toMatch(/^Display\t.*\tread\t/m);
});

test("a right is given with the approval of a code too", async () => {
  const page = await connectAsking();
  const code = String((await page.notification("session.accessCode")).params?.["code"]);
  expect((await till.command("approve", ...code.split(" "), "--rights", "read,sell")).exitCode).toBe(0);
  const token = String((await page.answer(1)).result?.["token"]);
  const { frames } = await till.ready({ token });
  expect(frames[0]?.result?.["rights"]).toEqual(["read", "sell"]);
});

test.each(["", "everything", "read,", "read;sell", "READ"])("%j is no list of rights", async (rights) => {
  expect((await till.command("add", "--name", "Odd", "--rights", rights)).exitCode).toBe(2);
});

test("every method that changes something needs more than reading", () => {
  const readers = Object.keys(methodTable).filter((name) => mayCall(["read"], name as keyof typeof methodTable));
  const looking = /^(session\.|console\.|rpc\.discover|[a-zA-Z]+\.(get|list|replay)$)/;
  expect(readers.filter((name) => !looking.test(name))).toEqual([]);
});

test("a method that stands in no row may be called by nobody", () => {
  expect(mayCall(["read", "sell", "refund", "settings"], "no.such" as keyof typeof methodTable)).toBe(false);
});

async function connectAsking() {
  const page = await connectRaw(till.port);
  page.send({ jsonrpc: "2.0", id: 1, method: "session.requestAccess", params: { client: { name: "New page" } } });
  return page;
}
