import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { text } from "node:stream/consumers";
import { signedHeaders } from "../../check-in/verify.ts";
import type { World } from "../../world.ts";
import { withDeadline } from "../../deadline.ts";
import { errorCode } from "../../errno.ts";

export interface Probed {
  readonly url: string;
  readonly secret: string;
  readonly merchantSerialNumber: string;
}

/** MobilePay waits ten seconds, too. */
const answerMsMax = 10_000;

/**
 * Asks the address itself, as MobilePay would, whether a receiver of ours stands there that knows the secret. Undefined: it does.
 * Else why not, in words for a person. `nowMs`: the best time there is.
 */
export async function probe(probed: Probed, world: World, nowMs: number): Promise<string | undefined> {
  const id = world.uuid();
  const body = Buffer.from(JSON.stringify({ msn: probed.merchantSerialNumber, probe: id }));
  const url = new URL(probed.url);
  try {
    const headers = signedHeaders(probed.secret, url, nowMs, body);
    const { status, answer } = await withDeadline(
      world,
      answerMsMax,
      (signal) => post(url, headers, body, signal),
      timedOut,
    );
    if (status === 200 && answer === JSON.stringify({ probe: id })) return undefined;
    return whyNot(status);
  } catch (error) {
    const code = errorCode(error);
    return `the address cannot be reached from here (${code})`;
  }
}

function whyNot(status: number): string {
  if (status === 200) return "something else than Tillbridge answers there";
  if (status === 401)
    return "what answers there does not know the secret, or sees another path, or its clock is minutes off";
  if (status >= 300 && status < 400) return "the address leads elsewhere, which MobilePay does not follow";
  return `it is answered with HTTP ${status}`;
}

function timedOut(): never {
  throw Object.assign(new Error("the address does not answer in time"), { code: "ETIMEDOUT" });
}

function post(
  url: URL,
  headers: Record<string, string>,
  body: Buffer,
  signal: AbortSignal,
): Promise<{ status: number; answer: string }> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const options = {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "content-length": body.length },
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = send(url, options, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}
