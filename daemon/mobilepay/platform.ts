import { assert } from "../protocol/errors.ts";
import type { Logger } from "../logger.ts";
import type { World } from "../world.ts";
import { type Doubt, doubt, judge, type No, parseJson, type Verdict } from "./answers.ts";
import { type Contact, createContact, type MobilePayHealth } from "./contact.ts";
import { createHttp, type HttpOutcome } from "./http.ts";
import { createTokens, type FetchedToken, type TokenAnswer } from "./token.ts";
import { accessToken } from "./wire.ts";

/** Keys of one sales unit, and how we introduce ourselves (each name and version is cut to 30 characters). */
export interface Identity {
  readonly merchantSerialNumber: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptionKey: string;
  readonly systemName: string;
  readonly systemVersion: string;
  readonly pluginName?: string;
  readonly pluginVersion?: string;
}

/** One call with a token. `operation` and `reference` are for the log. */
export interface Call {
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly reference?: string;
  readonly key?: string;
  readonly body?: string;
  readonly deadlineMs: number;
}

/** `keysRefused`: no token was given; `sent` tells whether anything was sent before that was known. */
export type Reply =
  | { readonly kind: "success"; readonly status: number; readonly text: string }
  | No
  | Doubt
  | { readonly kind: "keysRefused"; readonly sent: boolean };

/** The platform behind its access token: every call carries the keys, has a deadline, is judged, noted and, if it failed, logged. */
export interface Platform {
  readonly merchantSerialNumber: string;
  call(call: Call): Promise<Reply>;
  /** Asks for a new token though there may be one: the keys' own test. */
  tryKeys(): Promise<Exclude<TokenAnswer, { kind: "token" }> | { readonly kind: "accepted" }>;
  /** Logs that an answer makes no sense. `because` is fixed text. */
  doubt(call: Pick<Call, "operation" | "reference">, because: string): void;
  health(): MobilePayHealth;
  close(): void;
}

export interface PlatformOptions extends Identity {
  /** Checked already. */
  readonly baseUrl: string;
  readonly tokenDeadlineMs: number;
  readonly world: World;
  readonly log: Logger;
}

export function createPlatform(options: PlatformOptions): Platform {
  const wires = createWires(options);
  const tokens = createTokens(() => fetchToken(wires, options), options.world);
  return {
    merchantSerialNumber: options.merchantSerialNumber,
    async call(call) {
      const reply = await callWithToken(wires, tokens, call);
      if (reply.kind !== "success") report(options.log, call, reply);
      return reply;
    },
    async tryKeys() {
      const answer = await fetchToken(wires, options);
      return answer.kind === "token" ? { kind: "accepted" } : answer;
    },
    doubt: (call, because) => options.log.error("MobilePay's answer makes no sense", { ...named(call), because }),
    health: () => wires.contact.health(),
    close: () => wires.close(),
  };
}

interface Wires {
  /** One HTTP exchange, judged and noted. */
  exchange(call: Call, headers: Record<string, string>): Promise<Verdict>;
  readonly contact: Contact;
  close(): void;
}

function createWires({ world, ...options }: PlatformOptions): Wires {
  const http = createHttp();
  const contact = createContact(world);
  return {
    contact,
    async exchange(call, headers) {
      const startedMs = world.monotonicMs();
      const { method, body, deadlineMs } = call;
      const outcome: HttpOutcome = await http.send({
        method,
        url: options.baseUrl + call.path,
        headers: { ...commonHeaders(options), ...headers },
        ...(body !== undefined && { body }),
        deadlineMs,
      });
      const verdict = judge(outcome, world.now());
      contact.note(outcome, isUsable(verdict), world.monotonicMs() - startedMs);
      return verdict;
    },
    close: () => http.close(),
  };
}

function commonHeaders(options: Identity): Record<string, string> {
  return {
    Accept: "application/json",
    "Ocp-Apim-Subscription-Key": options.subscriptionKey,
    "Merchant-Serial-Number": options.merchantSerialNumber,
    "User-Agent": `${short(options.systemName)}/${short(options.systemVersion)}`,
    "Vipps-System-Name": short(options.systemName),
    "Vipps-System-Version": short(options.systemVersion),
    ...(options.pluginName !== undefined && { "Vipps-System-Plugin-Name": short(options.pluginName) }),
    ...(options.pluginVersion !== undefined && { "Vipps-System-Plugin-Version": short(options.pluginVersion) }),
  };
}

/** The platform takes 30 characters, a header only plain ones. */
function short(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 30);
}

/** The platform itself answered: yes, no or wait. Its failures and strangers' answers leave the till as good as alone. */
function isUsable(verdict: Verdict): boolean {
  if (verdict.kind === "success") return true;
  if (verdict.kind === "no") return !verdict.html;
  return verdict.kind === "unknown" && verdict.why === "busy" && (verdict.status ?? 500) < 500;
}

/** A token that is refused is renewed once. 401 comes before anything is done, so the same request may be sent again. */
async function callWithToken(wires: Wires, tokens: ReturnType<typeof createTokens>, call: Call): Promise<Reply> {
  assert(
    call.key === undefined || (call.key.length > 0 && call.key.length <= 50),
    "an idempotency key has 1 to 50 characters",
  );
  for (const attempt of [1, 2]) {
    const token = await tokens.get();
    if (token.kind === "keysRefused") return { kind: "keysRefused", sent: attempt > 1 };
    if (token.kind === "unknown") return { ...token, because: "no access token" };
    const verdict = await wires.exchange(call, authorised(token.value, call.key));
    if (verdict.kind !== "unauthorized") return verdict;
    tokens.drop(token.value);
  }
  return doubt("unreachable", "a new access token is not accepted", 401);
}

function authorised(token: string, key: string | undefined): Record<string, string> {
  return { Authorization: `Bearer ${token}`, ...(key !== undefined && { "Idempotency-Key": key }) };
}

/** Never rejects. `keysRefused` only on the answers that are documented for it: 400 and 401. */
async function fetchToken(
  wires: Wires,
  options: PlatformOptions,
): Promise<FetchedToken | Exclude<TokenAnswer, { kind: "token" }>> {
  const call: Call = {
    operation: "token",
    method: "POST",
    path: "/accesstoken/get",
    deadlineMs: options.tokenDeadlineMs,
  };
  const verdict = await wires.exchange(call, { client_id: options.clientId, client_secret: options.clientSecret });
  if (verdict.kind === "success")
    return readToken(verdict.text, () => report(options.log, call, doubt("nonsense", "no token in the answer")));
  report(options.log, call, verdict);
  if (verdict.kind === "unauthorized" || (verdict.kind === "no" && verdict.status === 400 && !verdict.html)) {
    options.log.error("MobilePay does not accept the till's keys", { status: verdict.status });
    return { kind: "keysRefused" };
  }
  return verdict.kind === "unknown" ? unknownOf(verdict) : { kind: "unknown", why: "unreachable" };
}

function readToken(text: string, onNonsense: () => void): FetchedToken | Doubt {
  const parsed = accessToken.safeParse(parseJson(text));
  if (parsed.success) return { kind: "token", value: parsed.data.access_token, lifeSeconds: parsed.data.expires_in };
  onNonsense();
  return doubt("nonsense", "no token in the answer");
}

/** A doubt as the ports know it: the reason is for the log. */
export function unknownOf({ why, retryAfterMs }: Doubt): { kind: "unknown"; why: Doubt["why"]; retryAfterMs?: number } {
  return { kind: "unknown", why, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Names, numbers and ids only: no header, no body, no text of the answer ever stands in the log. */
function report(log: Logger, call: Call, reply: Exclude<Verdict | Reply, { kind: "success" }>): void {
  const problem = reply.kind === "no" ? reply.problem : undefined;
  log.warn("MobilePay call failed", {
    ...named(call),
    outcome: reply.kind,
    ...("status" in reply && { status: reply.status }),
    ...("because" in reply && { because: reply.because }),
    ...("retryAfterMs" in reply && { retryAfterMs: reply.retryAfterMs }),
    ...(problem && { codes: problem.codes, fields: problem.fields }),
    ...(problem?.traceId !== undefined && { traceId: problem.traceId }),
  });
}

function named({ operation, reference }: Pick<Call, "operation" | "reference">): Record<string, string> {
  return { operation, ...(reference !== undefined && { reference }) };
}
