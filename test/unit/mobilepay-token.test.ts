import { describe, expect, test } from "vitest";
import { createTokens, type FetchedToken, type NoToken } from "../../daemon/mobilepay/token.ts";
import { realWorld } from "../../daemon/world.ts";

type Fetched = FetchedToken | NoToken;

/** A platform that gives out numbered tokens, and a clock in the test's hand. */
function start(lifeSeconds = 3600) {
  const state = { nowMs: 0, fetches: 0, answer: undefined as Fetched | undefined };
  const fetch = (): Promise<Fetched> => {
    state.fetches += 1;
    return Promise.resolve(state.answer ?? { kind: "token", value: `token-${state.fetches}`, lifeSeconds });
  };
  return { state, tokens: createTokens(fetch, { ...realWorld(), monotonicMs: () => state.nowMs }) };
}

describe("the access token", () => {
  test("is asked for once by all who need it at the same time", async () => {
    const { state, tokens } = start();
    const answers = await Promise.all(Array.from({ length: 10 }, () => tokens.get()));
    expect(new Set(answers.map((answer) => answer.kind === "token" && answer.value))).toEqual(new Set(["token-1"]));
    expect(state.fetches).toBe(1);
  });

  test("is kept until five minutes before its end", async () => {
    const { state, tokens } = start();
    await tokens.get();
    state.nowMs = 3_299_999;
    expect(await tokens.get()).toMatchObject({ value: "token-1" });
    state.nowMs = 3_300_000;
    expect(await tokens.get()).toMatchObject({ value: "token-2" });
  });

  test("of a short life is kept for most of it", async () => {
    const { state, tokens } = start(10);
    await tokens.get();
    state.nowMs = 8_999;
    expect(await tokens.get()).toMatchObject({ value: "token-1" });
    state.nowMs = 9_000;
    expect(await tokens.get()).toMatchObject({ value: "token-2" });
  });

  test("is never kept for more than a day", async () => {
    const { state, tokens } = start(999_999_999);
    await tokens.get();
    state.nowMs = 24 * 3_600_000;
    expect(await tokens.get()).toMatchObject({ value: "token-2" });
  });

  test.each<Fetched>([{ kind: "unknown", why: "unreachable" }, { kind: "keysRefused" }])(
    "serves to its end when a new one cannot be had: $kind",
    async (answer) => {
      const { state, tokens } = start();
      await tokens.get();
      state.answer = answer;
      state.nowMs = 3_599_999;
      expect(await tokens.get()).toMatchObject({ kind: "token", value: "token-1" });
      state.nowMs = 3_600_000;
      expect(await tokens.get()).toEqual(answer);
    },
  );

  test("that was dropped is asked for anew, but one that has been replaced already is left alone", async () => {
    const { state, tokens } = start();
    await tokens.get();
    tokens.drop("token-1");
    expect(await tokens.get()).toMatchObject({ value: "token-2" });
    tokens.drop("token-1");
    expect(await tokens.get()).toMatchObject({ value: "token-2" });
    expect(state.fetches).toBe(2);
  });

  test("that could not be had is asked for again the next time", async () => {
    const { state, tokens } = start();
    state.answer = { kind: "unknown", why: "busy", retryAfterMs: 1000 };
    expect(await tokens.get()).toEqual(state.answer);
    state.answer = undefined;
    expect(await tokens.get()).toMatchObject({ kind: "token" });
  });
});
