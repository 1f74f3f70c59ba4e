import { describe, expect, test } from "vitest";
import { type Fault, Faults } from "../../daemon/devkit/simulator/faults.ts";
import { spoiled, takesEffect } from "../../daemon/devkit/simulator/http/fault-effects.ts";

const lost: Fault = { kind: "lostBefore" };
const slow: Fault = { kind: "slow", ms: 5 };

function kinds(faults: Faults, operations: readonly Parameters<Faults["next"]>[0][]): (string | undefined)[] {
  return operations.map((operation) => faults.next(operation)?.kind);
}

describe("planning", () => {
  test("a fault strikes the next call of its operation, once", () => {
    const faults = new Faults();
    faults.plan({ operation: "capture", fault: lost });
    expect(kinds(faults, ["get", "capture", "capture"])).toEqual([undefined, "lostBefore", undefined]);
  });

  test("it can wait for a later call and strike several", () => {
    const faults = new Faults();
    faults.plan({ operation: "get", fault: lost, call: 2, times: 2 });
    expect(kinds(faults, ["get", "get", "get", "get"])).toEqual([undefined, "lostBefore", "lostBefore", undefined]);
  });

  test("any means every call, and no webhook", () => {
    const faults = new Faults();
    faults.plan({ operation: "any", fault: lost, times: 2 });
    expect(kinds(faults, ["webhook", "token", "qrPut"])).toEqual([undefined, "lostBefore", "lostBefore"]);
  });

  test("the oldest plan strikes first, and a later one has counted the call", () => {
    const faults = new Faults();
    faults.plan({ operation: "get", fault: lost });
    faults.plan({ operation: "get", fault: slow, call: 2 });
    expect(kinds(faults, ["get", "get", "get"])).toEqual(["lostBefore", "slow", undefined]);
  });

  test("the same seed throws the same dice, another seed others", () => {
    const story = (seed: number) => {
      const faults = new Faults(seed);
      faults.plan({ operation: "get", fault: lost, probability: 0.3 });
      return kinds(
        faults,
        Array.from({ length: 200 }, () => "get" as const),
      );
    };
    expect(story(7)).toEqual(story(7));
    expect(story(7)).not.toEqual(story(8));
    expect(story(7).filter(Boolean).length).toBeGreaterThan(30);
    expect(story(7).filter(Boolean).length).toBeLessThan(90);
  });

  test("plans are listed with their hits, removed one by one or all at once", () => {
    const faults = new Faults();
    const first = faults.plan({ operation: "get", fault: lost, times: 2 });
    faults.plan({ operation: "capture", fault: slow });
    faults.next("get");
    expect(faults.list()).toMatchObject([
      { id: first, operation: "get", hits: 1 },
      { operation: "capture", hits: 0 },
    ]);
    faults.remove(first);
    expect(faults.list()).toHaveLength(1);
    faults.clear();
    expect(kinds(faults, ["get", "capture"])).toEqual([undefined, undefined]);
  });
});

describe("spoiling an answer", () => {
  const body = {
    amount: { currency: "DKK", value: 4990 },
    state: "AUTHORIZED",
    aggregate: { authorizedAmount: { currency: "DKK", value: 4990 } },
    reference: "till-0001-1",
  };
  const right = { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const edited = (fault: Fault) => JSON.parse(spoiled(fault, right).body);

  test("another payment, another amount, another currency, an earlier state", () => {
    expect(edited({ kind: "wrongReference" }).reference).not.toBe(body.reference);
    expect(edited({ kind: "wrongAmount" })).toMatchObject({
      amount: { value: 5090 },
      aggregate: { authorizedAmount: { value: 5090 } },
    });
    expect(edited({ kind: "wrongCurrency" })).toMatchObject({ amount: { currency: "GBP", value: 4990 } });
    expect(edited({ kind: "stateBackwards" })).toEqual({
      ...body,
      state: "CREATED",
      aggregate: { authorizedAmount: { currency: "DKK", value: 0 } },
    });
  });

  test("a status, a web page, nothing at all, a way elsewhere", () => {
    const busy = spoiled({ kind: "status", status: 429, retryAfterSeconds: 3 }, right);
    expect(busy).toMatchObject({ status: 429, headers: { "retry-after": "3" } });
    expect(spoiled({ kind: "html" }, right)).toMatchObject({
      status: 200,
      headers: { "content-type": "text/html; charset=utf-8" },
    });
    expect(spoiled({ kind: "emptyBody" }, right)).toEqual({ status: 200, headers: {}, body: "" });
    expect(spoiled({ kind: "redirect", location: "http://127.0.0.1:1/x" }, right)).toMatchObject({
      status: 302,
      headers: { location: "http://127.0.0.1:1/x" },
    });
  });

  test("what the platform does nevertheless", () => {
    const effects: [Fault, boolean][] = [
      [{ kind: "lostBefore" }, false],
      [{ kind: "lostAfter" }, true],
      [{ kind: "slow", ms: 1 }, true],
      [{ kind: "status", status: 500 }, false],
      [{ kind: "status", status: 500, effect: "done" }, true],
      [{ kind: "html" }, false],
      [{ kind: "html", effect: "done" }, true],
      [{ kind: "redirect" }, false],
      [{ kind: "emptyBody" }, true],
      [{ kind: "stateBackwards" }, true],
    ];
    for (const [fault, done] of effects) expect([fault, takesEffect(fault)]).toEqual([fault, done]);
  });
});
