import { readFile } from "node:fs/promises";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import type { AxiosInstance, AxiosResponse, AxiosStatic } from "axios";
import { withDeadline } from "../deadline.ts";
import { errorCode } from "../errno.ts";
import type { World } from "../world.ts";

/** One request. `body` is sent byte for byte. `deadlineMs` bounds all of it: connecting, waiting and the last byte of the answer. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadlineMs: number;
}

/** Whole answers only: a body that broke off or came too slowly is silence. */
export type HttpOutcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly text: string;
      readonly date?: string;
      readonly retryAfter?: string;
    }
  | Silence;

/** `cause`: a code such as `ECONNREFUSED`, `deadline` or `certificates` (the file of `ca` cannot be used). `proxyStatus`: what the proxy said. */
export interface Silence {
  readonly kind: "silent";
  readonly cause: string;
  readonly proxyStatus?: number;
}

/** The way to MobilePay, where it is not the straight one. */
export interface HttpRoute {
  /** The shop's proxy, with its login: through it goes what goes over https. */
  readonly proxy?: string;
  /** A file of certificates (PEM) to trust besides those that Node knows. */
  readonly ca?: string;
}

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
export function createHttp(world: Pick<World, "sleep">, route: HttpRoute = {}): Http {
  let loading: Promise<Loaded> | undefined;
  let closed = false;
  return {
    async send(request) {
      if (closed) return { kind: "silent", cause: "closed" };
      try {
        loading ??= load(route).catch((error: unknown) => {
          // A file that is put in its place later serves the next request.
          loading = undefined;
          throw error;
        });
        const { axios } = await loading;
        const send = (signal: AbortSignal) => axios.request<string>(optionsOf(request, route, signal));
        return await withDeadline(world, request.deadlineMs, async (signal) => outcomeOf(await send(signal)), tooLate);
      } catch (error) {
        return silence(error);
      }
    },
    close() {
      closed = true;
      void loading?.then((loaded) => loaded.close());
    },
  };
}

interface Loaded {
  readonly axios: AxiosInstance;
  close(): void;
}

async function load(route: HttpRoute): Promise<Loaded> {
  const { default: axios } = await import("axios");
  const common = { keepAlive: true, maxSockets: connectionsMax, maxFreeSockets: 2 };
  const http = new HttpAgent(common);
  const https = new HttpsAgent({ ...common, ...(await routeOptions(route)) });
  const close = () => {
    http.destroy();
    https.destroy();
  };
  return { axios: axiosOver(axios, http, https), close };
}

function axiosOver(axios: AxiosStatic, httpAgent: HttpAgent, httpsAgent: HttpsAgent) {
  return axios.create({
    adapter: "http",
    httpAgent,
    httpsAgent,
    maxRedirects: 0,
    maxContentLength: bodyBytesMax,
    validateStatus: () => true,
    responseType: "text",
    // Bodies go out and come in as they are: what was journaled is what is sent, and we parse answers ourselves.
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
  });
}

/** How a TLS connection is made on this route. Certificates are checked, said outright: no environment variable can switch that off. */
export async function routeOptions({ proxy, ca }: HttpRoute) {
  const secureContext = ca === undefined ? undefined : await trusting(ca);
  return {
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    ...(proxy !== undefined && { proxyEnv: { HTTPS_PROXY: proxy } }),
    ...(secureContext && { secureContext }),
  } as const;
}

/** Made once: reading all certificates that are trusted takes longer than a connection. */
async function trusting(file: string): Promise<SecureContext> {
  try {
    const own = await readFile(file, "utf8");
    if (!own.includes("-----BEGIN CERTIFICATE-----")) throw new UnusableCertificates("no certificate");
    return createSecureContext({ ca: [...getCACertificates("default"), own], minVersion: "TLSv1.2" });
  } catch (error) {
    throw error instanceof UnusableCertificates ? error : new UnusableCertificates(errorCode(error));
  }
}

class UnusableCertificates extends Error {}

function optionsOf(request: HttpRequest, { proxy }: HttpRoute, signal: AbortSignal) {
  const isByProxy = proxy !== undefined && request.url.startsWith("https:");
  return {
    // The agent knows the way. Unless axios is told so it takes what the environment names; where it is told, it mends the agent.
    ...(!isByProxy && { proxy: false as const }),
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
function silence(error: unknown): Silence {
  if (error instanceof UnusableCertificates) return { kind: "silent", cause: "certificates" };
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  const cause = typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "unexpected";
  const proxyStatus = cause === "ERR_PROXY_TUNNEL" ? statusIn(error) : undefined;
  return { kind: "silent", cause, ...(proxyStatus !== undefined && { proxyStatus }) };
}

/** axios wraps Node's own error, which has the proxy's status. */
function statusIn(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("statusCode" in error && typeof error.statusCode === "number") return error.statusCode;
  return statusIn(error.cause);
}
