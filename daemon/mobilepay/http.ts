import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { AxiosInstance, AxiosResponse } from "axios";
import { withDeadline } from "../deadline.ts";
import type { World } from "../world.ts";

/** One request. `body` is sent byte for byte. `deadlineMs` bounds all of it: connecting, waiting and the last byte of the answer. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadlineMs: number;
}

/** Whole answers only: a body that broke off or came too slowly is silence. `cause` is a code such as `ECONNREFUSED` or `deadline`. */
export type HttpOutcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly text: string;
      readonly date?: string;
      readonly retryAfter?: string;
    }
  | { readonly kind: "silent"; readonly cause: string };

export interface Http {
  /** Never rejects. */
  send(request: HttpRequest): Promise<HttpOutcome>;
  /** Breaks off what is under way; every later `send` is silent. */
  close(): void;
}

/** The platform answers in a few kilobytes; a longer body is not the platform's. */
const bodyBytesMax = 1024 * 1024;
/** A till has one customer; the rest are questions about others' payments. */
const connectionsMax = 8;

/** HTTP through axios, which is loaded by the first request: the till is ready before it is needed. */
export function createHttp(world: Pick<World, "sleep">): Http {
  const agents = createAgents();
  let loading: Promise<AxiosInstance> | undefined;
  let closed = false;
  return {
    async send(request) {
      if (closed) return { kind: "silent", cause: "closed" };
      try {
        loading ??= load(agents);
        const axios = await loading;
        const send = (signal: AbortSignal) => axios.request<string>(optionsOf(request, signal));
        return await withDeadline(world, request.deadlineMs, async (signal) => outcomeOf(await send(signal)), tooLate);
      } catch (error) {
        return { kind: "silent", cause: causeOf(error) };
      }
    },
    close() {
      closed = true;
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

type Agents = ReturnType<typeof createAgents>;

function createAgents() {
  const common = { keepAlive: true, maxSockets: connectionsMax, maxFreeSockets: 2 };
  return {
    http: new HttpAgent(common),
    // Said outright, so that no environment variable can switch the check of certificates off.
    https: new HttpsAgent({ ...common, minVersion: "TLSv1.2", rejectUnauthorized: true }),
  };
}

async function load(agents: Agents): Promise<AxiosInstance> {
  const { default: axios } = await import("axios");
  return axios.create({
    adapter: "http",
    httpAgent: agents.http,
    httpsAgent: agents.https,
    maxRedirects: 0,
    proxy: false,
    maxContentLength: bodyBytesMax,
    validateStatus: () => true,
    responseType: "text",
    // Bodies go out and come in as they are: what was journaled is what is sent, and we parse answers ourselves.
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
  });
}

function optionsOf(request: HttpRequest, signal: AbortSignal) {
  return {
    method: request.method,
    url: request.url,
    // `false` keeps axios from calling an empty body a form.
    headers: { "Content-Type": request.body === undefined ? false : "application/json", ...request.headers },
    ...(request.body !== undefined && { data: request.body }),
    // axios' own timeout does not end a body that trickles in.
    signal,
  };
}

function tooLate(): HttpOutcome {
  return { kind: "silent", cause: "deadline" };
}

function outcomeOf(response: AxiosResponse<string>): HttpOutcome {
  const date = headerOf(response, "date");
  const retryAfter = headerOf(response, "retry-after");
  return {
    kind: "answered",
    status: response.status,
    text: response.data,
    ...(date !== undefined && { date }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function headerOf(response: AxiosResponse, name: string): string | undefined {
  const value: unknown = response.headers[name];
  return typeof value === "string" ? value : undefined;
}

/** A code and nothing else: axios' errors carry the whole request with its keys. */
function causeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "unexpected";
}
