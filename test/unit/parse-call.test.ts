import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import { methodTable } from "../../daemon/protocol/methods.ts";
import { errorFrame, parseCall } from "../../daemon/server/parse-call.ts";

describe("parseCall", () => {
  test("gives a call whose parameters have been checked", () => {
    const text = '{"jsonrpc":"2.0","id":7,"method":"payment.get","params":{"paymentId":"pay-00000001"}}';
    expect(parseCall(text)).toEqual({ call: { id: 7, method: "payment.get", params: { paymentId: "pay-00000001" } } });
  });

  test("takes missing parameters for none", () => {
    expect(parseCall('{"jsonrpc":"2.0","id":"a","method":"till.get"}')).toEqual({
      call: { id: "a", method: "till.get", params: {} },
    });
  });

  test("of a key that stands twice takes the last, as every JSON parser does", () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"payment.get","params":{"paymentId":"pay-00000001","paymentId":"pay-00000002"}}';
    expect(parseCall(text)).toMatchObject({ call: { params: { paymentId: "pay-00000002" } } });
  });

  test.each([
    [{ tag: "1234" }, "locationDescription", expect.stringContaining("required")],
    [{ create: true }, "locationDescription", expect.stringContaining("required")],
    [{ create: true, tag: "1", locationDescription: "Bar" }, expect.any(String), "no parameter of this name"],
  ])("for a choice of shapes names what is wrong in the nearest one: %j", (params, field, allowed) => {
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "pairing.register", params });
    expect(parseCall(text)).toMatchObject({ refusal: { error: { code: -32602, data: { field, allowed } } } });
  });

  test("says what a rule over several parameters asks for", () => {
    const params = { refundId: "ref-00000001", amount: { currency: "DKK", value: 1 } };
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "refund.start", params });
    expect(parseCall(text)).toMatchObject({
      refusal: {
        error: { data: { field: "params", allowed: "give exactly one of paymentId, receiptNumber and reference" } },
      },
    });
  });

  test("never throws and always decides, whatever the text is", () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => decides(text)));
  });

  test("never throws on calls of real methods with any parameters, and never repeats a value", () => {
    const method = fc.constantFrom(...Object.keys(methodTable));
    const params = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(method, params, fc.jsonValue(), (method, params, id) => {
        decides(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
        const secret = parseCall(
          JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { token: { canary: "canary" } } }),
        );
        expect(JSON.stringify(secret)).not.toContain('canary"');
      }),
    );
  });
});

describe("errorFrame", () => {
  test("gives an error of the table with its number, and the details that were put there", () => {
    expect(errorFrame(1, new BridgeError("REFUND_EXCEEDS", { left: 5 }))).toMatchObject({
      error: { code: 1015, data: { code: "REFUND_EXCEEDS", retry: "never", left: 5 } },
    });
  });

  test.each([[new Error("at /home/till: SELECT")], ["text"], [undefined], [{ code: 1001 }]])(
    "says nothing of %s",
    (thrown) => {
      expect(errorFrame(1, thrown).error).toEqual({
        code: -32603,
        message: "Internal error",
        data: { code: "INTERNAL_ERROR", retry: "query", hint: expect.any(String) },
      });
    },
  );
});

function decides(text: string): void {
  const parsed = parseCall(text);
  expect("call" in parsed !== "refusal" in parsed).toBe(true);
}
