import type { World } from "../world.ts";
import type { MobilePayLine, MobilePayTrouble } from "../protocol/values.ts";
import { isHtml, judge, type HttpVerdict, refusesKeys } from "./answers.ts";
import { lookAtCertificate } from "./certificate.ts";
import { createContact, type MobilePayHealth } from "./contact.ts";
import { createHttp, type HttpOutcome, type HttpRoute } from "./http.ts";
import { isAboutCertificate, troubleOf } from "./trouble.ts";

/** Keys of one sales unit, and how we introduce ourselves (each name and version is cut to 30 characters). */
export interface MerchantIdentity {
  readonly merchantSerialNumber: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptionKey: string;
  readonly systemName: string;
  readonly systemVersion: string;
  readonly pluginName?: string;
  readonly pluginVersion?: string;
}

/** One call. `operation` and `reference` are for the log; `deadlineMs` covers all of it. */
export interface MobilePayCall {
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly reference?: string;
  readonly key?: string;
  readonly body?: string;
  readonly deadlineMs: number;
}

export interface ExchangeOptions extends MerchantIdentity, HttpRoute {
  /** Checked already. */
  readonly baseUrl: string;
  readonly world: World;
  /** The line is up or down, or the trouble with it another one. */
  readonly onHealth?: (line: MobilePayLine) => void;
}

/** HTTP with the platform: each exchange carries our name, is judged, and shows something about the line. Never rejects. */
export interface Exchange {
  send(call: MobilePayCall, headers: Readonly<Record<string, string>>): Promise<HttpVerdict>;
  /** Why MobilePay cannot be used, when all is known that can be found out. */
  trouble(): Promise<MobilePayTrouble | undefined>;
  health(): MobilePayHealth;
  timeNow(): number | undefined;
  close(): void;
}

export function createExchange({ world, baseUrl, onHealth, ...options }: ExchangeOptions): Exchange {
  const route = routeIn(options);
  const http = createHttp(world, route);
  const contact = createContact(world, onHealth);
  const ours = commonHeaders(options);
  const host = new URL(baseUrl).host;
  const context = () => ({ host, hasProxy: route.proxy !== undefined, nowMs: world.now() });
  let looking: Promise<void> | undefined;

  /** Once for each trouble of that sort: whose certificate it is. Nobody waits for it but who asks why. */
  async function explain(outcome: HttpOutcome, verdict: HttpVerdict): Promise<void> {
    const certificate = await lookAtCertificate(baseUrl, route, world);
    contact.explain(troubleOf(outcome, verdict, { ...context(), certificate }));
  }

  function note(call: MobilePayCall, outcome: HttpOutcome, verdict: HttpVerdict, tookMs: number): void {
    const trouble = isUsable(verdict) ? undefined : troubleOf(outcome, verdict, context());
    const isNew = trouble?.reason !== contact.health().trouble?.reason;
    contact.note({ outcome, tookMs, ...aboutKeys(call, verdict), ...(trouble && { trouble }) });
    if (trouble && isNew && isAboutCertificate(trouble)) looking = explain(outcome, verdict);
  }

  return {
    async send(call, headers) {
      const { method, path, body, deadlineMs } = call;
      const startedMs = world.monotonicMs();
      const rest = { headers: { ...ours, ...headers }, ...(body !== undefined && { body }), deadlineMs };
      const outcome = await http.send({ method, url: baseUrl + path, ...rest });
      const verdict = judge(outcome, world.now());
      // Broken off by ourselves: that says nothing about the line.
      if (outcome.kind !== "silent" || outcome.cause !== "closed")
        note(call, outcome, verdict, world.monotonicMs() - startedMs);
      return verdict;
    },
    async trouble() {
      await looking;
      return contact.health().trouble;
    },
    health: () => contact.health(),
    timeNow: () => contact.timeNow(),
    close: () => http.close(),
  };
}

function routeIn({ proxy, ca }: HttpRoute): HttpRoute {
  return { ...(proxy !== undefined && { proxy }), ...(ca !== undefined && { ca }) };
}

/** Keys that are good for payments may not be for reports: only tokens and calls about payments tell. */
function aboutKeys({ operation, reference }: MobilePayCall, verdict: HttpVerdict) {
  const about = operation === "token" ? ("token" as const) : ("call" as const);
  if (about === "call" && reference === undefined) return { about };
  const isToken = about === "token" && verdict.kind === "no" && verdict.status === 400 && !verdict.html;
  if (refusesKeys(verdict) || isToken) return { about, keys: "refused" as const };
  const isAnswer =
    verdict.kind === "success" ? !isHtml(verdict.text) : verdict.kind === "no" && verdict.problem !== undefined;
  return isAnswer ? { about, keys: "accepted" as const } : { about };
}

function commonHeaders(identity: MerchantIdentity): Record<string, string> {
  const { pluginName, pluginVersion } = identity;
  const name = short(identity.systemName);
  const version = short(identity.systemVersion);
  return {
    Accept: "application/json",
    "User-Agent": `${name}/${version}`,
    "Ocp-Apim-Subscription-Key": identity.subscriptionKey,
    "Merchant-Serial-Number": identity.merchantSerialNumber,
    "Vipps-System-Name": name,
    "Vipps-System-Version": version,
    ...(pluginName !== undefined && { "Vipps-System-Plugin-Name": short(pluginName) }),
    ...(pluginVersion !== undefined && { "Vipps-System-Plugin-Version": short(pluginVersion) }),
  };
}

/** The platform takes 30 characters, a header only plain ones. */
function short(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 30);
}

/** The platform itself answered: yes, no or wait. Its failures and strangers' answers leave the till as good as alone. */
function isUsable(verdict: HttpVerdict): boolean {
  if (verdict.kind === "success") return !isHtml(verdict.text);
  if (verdict.kind === "no" || verdict.kind === "unauthorized") return !verdict.html;
  return verdict.kind === "unknown" && verdict.why === "busy" && (verdict.status ?? 500) < 500;
}
