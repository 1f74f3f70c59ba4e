import type { Operation } from "../faults.ts";
import { type FieldFault, PlatformRefusal, refuse, refuseFields } from "../platform/errors.ts";
import type { SimulatedPlatform } from "../platform/platform.ts";
import { checkKeys, checkSubscription } from "../platform/tokens.ts";
import { epaymentRoutes } from "./epayment-routes.ts";
import type { ApiAnswer, ApiRequest } from "./http-shapes.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import { accountRoutes, qrRoutes, webhookRoutes } from "./other-routes.ts";
import { reportRoutes } from "./report-routes.ts";
import { problemAnswer, type Trace } from "./problems.ts";
import { RateLimits } from "./rate-limits.ts";
import { type MatchedRoute, matchRoute, type ApiReply, type ApiRoute } from "./routes.ts";
import { mobilePayErrorCodes } from "../../../mobilepay/error-codes.ts";

const routes: readonly ApiRoute[] = [
  ...epaymentRoutes,
  ...qrRoutes,
  ...webhookRoutes,
  ...accountRoutes,
  ...reportRoutes,
];

/** The platform's HTTP API as a function: keys, limits, idempotency, form, then the rules. No IO; answers at once. */
export class Api {
  readonly #platform: SimulatedPlatform;
  readonly #limits = new RateLimits();
  readonly #keys = new IdempotencyKeys<ApiAnswer>();

  constructor(platform: SimulatedPlatform) {
    this.#platform = platform;
  }

  /** Which operation a request asks for; nothing when the platform has no such call. */
  operationOf(request: Pick<ApiRequest, "method" | "path">): Operation | undefined {
    return matchRoute(routes, request)?.route.operation;
  }

  answer(request: ApiRequest): ApiAnswer {
    const matched = matchRoute(routes, request);
    const instance = new URL(request.path, "http://platform").pathname;
    const trace = { instance, traceId: `00-${this.#platform.uuid().replaceAll("-", "")}-01` };
    return outcome(matched?.route, trace, () => {
      if (!matched) throw new PlatformRefusal(404, "Not Found", []);
      return this.#serve(matched, request, trace);
    }).answer;
  }

  #serve(matched: MatchedRoute, request: ApiRequest, trace: Trace): ApiAnswer {
    const { route } = matched;
    this.#authorize(route, request.headers);
    const msn = this.#msn(matched, request.headers);
    checkSystemHeaders(request.headers);
    const body = parseJson(request.body);
    this.#limit(matched, msn, body, request.headers);
    return this.#once(matched, request, msn, body, trace);
  }

  #authorize(route: ApiRoute, headers: ApiRequest["headers"]): void {
    const { tokens, clock, unit } = this.#platform;
    if (route.access === "token") return checkKeys(headers, unit.credentials);
    checkSubscription(headers, unit.credentials);
    tokens.check(headers["authorization"], clock.now());
  }

  #msn({ route, parameters }: MatchedRoute, headers: ApiRequest["headers"]): string {
    const own = this.#platform.unit.credentials.merchantSerialNumber;
    const said = headers["merchant-serial-number"];
    if (said === undefined && route.msn === "optional") return own;
    if (said === undefined || !/^[0-9]{4,10}$/.test(said)) {
      refuseFields([{ name: "Merchant-Serial-Number", reason: "The header is required: 4 to 10 digits." }]);
    }
    if (said === own) return own;
    if (parameters["reference"] !== undefined) refuse(mobilePayErrorCodes.referenceNotFound);
    throw new PlatformRefusal(403, "Forbidden", [
      { name: "Merchant-Serial-Number", reason: "These keys are of another sales unit." },
    ]);
  }

  #limit({ route, parameters }: MatchedRoute, msn: string, body: unknown, headers: ApiRequest["headers"]): void {
    if (!route.limit) return;
    const { perMinute, bucket } = route.limit;
    const owner = bucket === "read" ? headers["ocp-apim-subscription-key"] : msn;
    const key = [bucket, owner, parameters["reference"] ?? referenceIn(body)].join(" ");
    const seconds = this.#limits.take(key, perMinute, this.#platform.clock.now());
    if (seconds > 0) throw new PlatformRefusal(429, "Too Many Requests", [], { "retry-after": String(seconds) });
  }

  /** The same key and body get the same answer; a refusal sticks to its key as a success does. */
  #once(matched: MatchedRoute, request: ApiRequest, msn: string, body: unknown, trace: Trace): ApiAnswer {
    const { route, parameters } = matched;
    const key = idempotencyKey(route, request.headers);
    const scope = `${msn} ${trace.instance} ${route.operation}`;
    const earlier = key === undefined ? undefined : this.#keys.find(scope, key, body);
    if (earlier === "conflict") refuse(route.idempotency?.conflict ?? 4020);
    if (earlier) return earlier;
    const query = new URL(request.path, "http://platform").searchParams;
    const call = { platform: this.#platform, msn, parameters, query, idempotencyKey: key ?? "" };
    const { answer, sticks } = outcome(route, trace, () => written(route.handle(call, body)));
    if (key !== undefined && sticks) this.#keys.keep(scope, key, body, answer);
    return answer;
  }
}

/** What was answered, and whether the same key gets it again. */
interface Outcome {
  readonly answer: ApiAnswer;
  readonly sticks: boolean;
}

function outcome(route: ApiRoute | undefined, trace: Trace, act: () => ApiAnswer): Outcome {
  try {
    return { answer: act(), sticks: true };
  } catch (error) {
    if (!(error instanceof PlatformRefusal)) throw error;
    return { answer: problemAnswer(error, route?.family ?? "problem", trace), sticks: error.sticks };
  }
}

function written({ status, body, contentType = "application/json" }: ApiReply): ApiAnswer {
  if (body === undefined) return { status, headers: {}, body: "" };
  return { status, headers: { "content-type": contentType }, body: JSON.stringify(body) };
}

function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    refuseFields([{ name: "body", reason: "The body is not JSON." }]);
  }
}

function referenceIn(body: unknown): string {
  return typeof body === "object" && body !== null && "reference" in body ? String(body.reference) : "";
}

function idempotencyKey(route: ApiRoute, headers: ApiRequest["headers"]): string | undefined {
  const key = route.idempotency ? headers["idempotency-key"] : undefined;
  const wrong = key === undefined ? route.idempotency?.required === true : key === "" || key.length > 50;
  if (wrong) refuseFields([{ name: "Idempotency-Key", reason: "The header is required: 1 to 50 characters." }]);
  return key;
}

function checkSystemHeaders(headers: ApiRequest["headers"]): void {
  const long = Object.entries(headers).filter(([name, value]) => name.startsWith("vipps-system-") && value.length > 30);
  const faults: FieldFault[] = long.map(([name]) => ({ name, reason: "At most 30 characters." }));
  if (faults.length > 0) refuseFields(faults);
}
