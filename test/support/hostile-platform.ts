import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answerer = (response: ServerResponse, request: ReceivedRequest) => void;

/** A server on loopback that answers as it is told, well or badly. Access tokens are given out unless told otherwise. */
export interface HostilePlatform {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** Requests that are not for tokens. */
  calls(): ReceivedRequest[];
  tokenCalls(): ReceivedRequest[];
  /** Each request takes the next of these; the last one stays. */
  answer(...answerers: Answerer[]): void;
  answerToken(...answerers: Answerer[]): void;
  close(): Promise<void>;
}

export async function startHostilePlatform(): Promise<HostilePlatform> {
  const requests: ReceivedRequest[] = [];
  let answerers: Answerer[] = [];
  let tokenAnswerers: Answerer[] = [];
  let tokens = 0;
  const giveToken: Answerer = (response) => json(200, tokenBody(`canary-token-${++tokens}`))(response, empty);
  const server = createServer((incoming, response) => {
    void receive(incoming).then((request) => {
      requests.push(request);
      const queue = isToken(request) ? tokenAnswerers : answerers;
      const answerer = (queue.length > 1 ? queue.shift() : queue[0]) ?? giveToken;
      answerer(response, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    calls: () => requests.filter((request) => !isToken(request)),
    tokenCalls: () => requests.filter(isToken),
    answer: (...next) => {
      answerers = next;
    },
    answerToken: (...next) => {
      tokenAnswerers = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const empty: ReceivedRequest = { method: "", path: "", headers: {}, body: "" };

function isToken({ path }: ReceivedRequest): boolean {
  return path === "/accesstoken/get";
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const { method = "", url = "", headers } = incoming;
  return { method, path: url, headers, body: Buffer.concat(chunks).toString("utf8") };
}

/** `AuthorizationTokenResponse`: every value is a string. */
export function tokenBody(token: string, lifeSeconds = 3600): Record<string, string> {
  return {
    token_type: "Bearer",
    expires_in: String(lifeSeconds),
    ext_expires_in: "3600",
    expires_on: "1547823408",
    not_before: "1547819508",
    resource: "00000002-0000-0000-c000-000000000000",
    access_token: token,
  };
}

// Ways to answer.

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answerer {
  return text(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

export function text(status: number, body: string, headers: Record<string, string> = {}): Answerer {
  return (response) => void response.writeHead(status, headers).end(body);
}

/** A problem document with a code of the platform's, if one is given. */
export function problem(status: number, code?: number, headers: Record<string, string> = {}): Answerer {
  const extraDetails = code === undefined ? null : [{ name: "ErrorCode", reason: String(code) }];
  const body = { type: "https://example.com/problem", title: "No", status, traceId: "00-trace-01", extraDetails };
  return json(status, body, { "content-type": "application/problem+json", ...headers });
}

export const html = (status: number) =>
  text(status, "<!doctype html><title>Sign in</title>", { "content-type": "text/html" });

/** The connection breaks without an answer. */
export const reset: Answerer = (response) => void response.socket?.resetAndDestroy();

/** No answer ever. */
export const silence: Answerer = () => undefined;

/** The right length is announced, and less is sent. */
export const cutOff: Answerer = (response) => {
  response.writeHead(200, { "content-length": "1000" }).write('{"reference":');
  setImmediate(() => response.socket?.destroy());
};

/** A byte now and then, without end. */
export const trickle: Answerer = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 20);
  response.once("close", () => clearInterval(timer));
};

/** A payment as the platform shows it; `values` in minor units. */
export function paymentBody(reference: string, values: Partial<PaymentValues> = {}): Record<string, unknown> {
  const { state = "AUTHORIZED", value = 4990, currency = "DKK" } = values;
  const { authorized = state === "AUTHORIZED" ? value : 0, cancelled = 0, captured = 0, refunded = 0 } = values;
  const amount = (minor: number) => ({ currency, value: minor });
  return {
    reference,
    state,
    amount: amount(value),
    aggregate: {
      authorizedAmount: amount(authorized),
      cancelledAmount: amount(cancelled),
      capturedAmount: amount(captured),
      refundedAmount: amount(refunded),
    },
    pspReference: "3343121302",
    paymentMethod: { type: "WALLET" },
    profile: {},
    captureGuaranteedUntil: "2026-12-01T00:00:00Z",
  };
}

interface PaymentValues {
  readonly state: string;
  readonly value: number;
  readonly currency: string;
  readonly authorized: number;
  readonly cancelled: number;
  readonly captured: number;
  readonly refunded: number;
}
