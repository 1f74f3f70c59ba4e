import type { Logger } from "../log/logger.ts";
import type { HttpVerdict } from "./answers.ts";
import type { MobilePayCall } from "./exchange.ts";

/** What a record says about a call. */
export type Named = Pick<MobilePayCall, "operation" | "reference">;

type Failed = Exclude<HttpVerdict, { kind: "success" }> | { readonly kind: "keysRefused" };

/** Names, numbers and ids only: no header, no body, no text of the answer ever stands in the log. */
export function reportFailure(log: Logger, call: Named, failed: Failed): void {
  const problem = failed.kind === "no" ? failed.problem : undefined;
  log.warn("MobilePay call failed", {
    ...named(call),
    outcome: failed.kind,
    ...("status" in failed && { status: failed.status }),
    ...("because" in failed && { because: failed.because }),
    ...("retryAfterMs" in failed && { retryAfterMs: failed.retryAfterMs }),
    ...(problem && { codes: problem.codes, fields: problem.fields }),
    ...(problem?.traceId !== undefined && { traceId: problem.traceId }),
  });
}

/** An answer came and cannot be believed. `because` is fixed text. */
export function reportDoubt(log: Logger, call: Named, because: string): void {
  log.error("MobilePay's answer makes no sense", { ...named(call), because });
}

function named({ operation, reference }: Named): Record<string, string> {
  return { operation, ...(reference !== undefined && { reference }) };
}
