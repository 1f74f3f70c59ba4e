import { expect, test } from "vitest";
import { judge } from "../../daemon/mobilepay/answers.ts";
import { troubleOf } from "../../daemon/mobilepay/trouble.ts";
import type { HttpOutcome } from "../../daemon/mobilepay/http.ts";

const context = { host: "api.vipps.no", hasProxy: false, nowMs: Date.UTC(2026, 0, 5) };
const trouble = (outcome: HttpOutcome, hasProxy = false) =>
  troubleOf(outcome, judge(outcome, 0), { ...context, hasProxy });
const silent = (cause: string): HttpOutcome => ({ kind: "silent", cause });
const answered = (status: number, text = ""): HttpOutcome => ({ kind: "answered", status, text });

test.each([
  ["EAI_AGAIN", "noName"],
  ["ENETUNREACH", "noRoute"],
  ["EHOSTUNREACH", "noRoute"],
  ["ECONNREFUSED", "refused"],
  ["ETIMEDOUT", "noAnswer"],
  ["ECONNRESET", "brokenOff"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "unknownIssuer"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "notTrusted"],
])("%s is %s: words of its own, and what to do", (cause, reason) => {
  expect(trouble(silent(cause))).toMatchObject({
    code: "MOBILEPAY_UNREACHABLE",
    reason,
    message: expect.stringContaining(cause),
    hint: expect.stringMatching(/^[A-Z].+\.$/),
  });
});

test.each(["ENOTFOUND", "ENETUNREACH", "ECONNREFUSED"])("%s is the proxy's where there is one", (cause) => {
  expect(trouble(silent(cause), true)).toMatchObject({ reason: "proxyAway" });
});

test.each([
  [answered(503), "failing"],
  [answered(200, "<html>Log in</html>"), "stranger"],
  [answered(302), "stranger"],
])("%j is %s", (outcome, reason) => {
  expect(trouble(outcome)).toMatchObject({ reason });
});
