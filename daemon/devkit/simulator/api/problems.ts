import type { PlatformRefusal } from "../platform/errors.ts";
import type { ApiAnswer } from "./http-shapes.ts";

/** The QR API writes errors in a shape of its own; all others write RFC 7807 with `extraDetails`. */
export type ProblemFamily = "problem" | "qr";

/** What support would ask for: the path that was called and an id. */
export interface Trace {
  readonly instance: string;
  readonly traceId: string;
}

/** Writes a refusal as the platform does. */
export function problemAnswer(refusal: PlatformRefusal, family: ProblemFamily, trace: Trace): ApiAnswer {
  return {
    status: refusal.status,
    headers: { "content-type": family === "qr" ? "application/json" : "application/problem+json", ...refusal.headers },
    body: JSON.stringify(family === "qr" ? qrProblem(refusal, trace) : problem(refusal, trace)),
  };
}

function problem({ status, title, extraDetails }: PlatformRefusal, { instance, traceId }: Trace): object {
  const type = `https://httpstatuses.io/${status}`;
  const details = extraDetails.length > 0 ? extraDetails : null;
  return { type, title, detail: title, instance, status, traceId, extraDetails: details };
}

function qrProblem({ status, title, extraDetails }: PlatformRefusal, { traceId }: Trace): object {
  // A conflict is answered with the id alone.
  if (status === 409) return { id: extraDetails[0]?.reason ?? "" };
  return {
    title,
    detail: title,
    instance: traceId,
    ...(extraDetails.length > 0 ? { invalidParams: extraDetails } : {}),
  };
}
