import type { World } from "../world.ts";
import { isHtml, judge, type HttpVerdict } from "./answers.ts";
import { createContact, type MobilePayHealth } from "./contact.ts";
import { createHttp } from "./http.ts";

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

export interface ExchangeOptions extends MerchantIdentity {
  /** Checked already. */
  readonly baseUrl: string;
  readonly world: World;
}

/** HTTP with the platform: each exchange carries our name, is judged, and shows something about the line. Never rejects. */
export interface Exchange {
  send(call: MobilePayCall, headers: Readonly<Record<string, string>>): Promise<HttpVerdict>;
  health(): MobilePayHealth;
  timeNow(): number | undefined;
  close(): void;
}

export function createExchange({ world, baseUrl, ...identity }: ExchangeOptions): Exchange {
  const http = createHttp(world);
  const contact = createContact(world);
  const ours = commonHeaders(identity);
  return {
    async send({ method, path, body, deadlineMs }, headers) {
      const startedMs = world.monotonicMs();
      const rest = { headers: { ...ours, ...headers }, ...(body !== undefined && { body }), deadlineMs };
      const outcome = await http.send({ method, url: baseUrl + path, ...rest });
      const verdict = judge(outcome, world.now());
      contact.note(outcome, isUsable(verdict), world.monotonicMs() - startedMs);
      return verdict;
    },
    health: () => contact.health(),
    timeNow: () => contact.timeNow(),
    close: () => http.close(),
  };
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
  if (verdict.kind === "no") return !verdict.html;
  return verdict.kind === "unknown" && verdict.why === "busy" && (verdict.status ?? 500) < 500;
}
