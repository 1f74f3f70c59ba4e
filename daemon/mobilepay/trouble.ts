import { errorTable } from "../protocol/errors.ts";
import type { MobilePayTrouble } from "../protocol/values.ts";
import { isHtml, type HttpVerdict } from "./answers.ts";
import type { Certificate } from "./certificate.ts";
import type { HttpOutcome, Silence } from "./http.ts";

/** Where the words come from: whom the till asks, its own time, and what the certificate of whoever answers says. */
export interface TroubleContext {
  readonly host: string;
  readonly hasProxy: boolean;
  readonly nowMs: number;
  readonly certificate?: Certificate | undefined;
}

type Reason = MobilePayTrouble["reason"];

/** MobilePay's door does not take the keys. */
export const keysTrouble: MobilePayTrouble = {
  code: "KEYS_REFUSED",
  reason: "keysRefused",
  message: errorTable.KEYS_REFUSED.message,
  hint: errorTable.KEYS_REFUSED.hint,
};

/** Why an exchange told nothing: for a person, with what to do next. */
export function troubleOf(outcome: HttpOutcome, verdict: HttpVerdict, context: TroubleContext): MobilePayTrouble {
  const { reason, cause } = outcome.kind === "silent" ? whySilent(outcome, context) : whyUnusable(outcome, verdict);
  const { certificate } = context;
  return {
    code: "MOBILEPAY_UNREACHABLE",
    reason,
    ...words[reason](cause, context),
    ...(reason === "unknownIssuer" && certificate?.issuer && { issuer: certificate.issuer }),
  };
}

/** Whether the certificate of whoever answers tells more about it. */
export function isAboutCertificate({ reason }: MobilePayTrouble): boolean {
  return reason === "unknownIssuer" || reason === "notYetValid" || reason === "expired";
}

interface Why {
  readonly reason: Reason;
  /** A code or status, to be shown beside the words. */
  readonly cause: string;
}

function whyUnusable({ status, text }: Exclude<HttpOutcome, Silence>, verdict: HttpVerdict): Why {
  const cause = String(status);
  if (verdict.kind === "unknown" && verdict.why === "busy" && !(isHtml(text) && status < 500))
    return { reason: "failing", cause };
  return { reason: "stranger", cause };
}

function whySilent({ cause, proxyStatus }: Silence, { hasProxy }: TroubleContext): Why {
  if (cause === "certificates") return { reason: "ownCertificates", cause };
  if (cause === "ERR_PROXY_TUNNEL") {
    return { reason: proxyStatus === 407 ? "proxyLogin" : "proxyRefuses", cause: String(proxyStatus ?? cause) };
  }
  const reason = reasons[cause] ?? (/CERT|SIGNATURE|TLS|SSL/.test(cause) ? "notTrusted" : "brokenOff");
  const isWay = reason === "noName" || reason === "noRoute" || reason === "refused";
  return { reason: hasProxy && isWay ? "proxyAway" : reason, cause };
}

/** By the codes of Node and OpenSSL. */
const reasons: Readonly<Record<string, Reason>> = {
  ENOTFOUND: "noName",
  EAI_AGAIN: "noName",
  EAI_FAIL: "noName",
  ENETUNREACH: "noRoute",
  EHOSTUNREACH: "noRoute",
  ENETDOWN: "noRoute",
  EHOSTDOWN: "noRoute",
  EADDRNOTAVAIL: "noRoute",
  ECONNREFUSED: "refused",
  deadline: "noAnswer",
  ETIMEDOUT: "noAnswer",
  ERR_CANCELED: "noAnswer",
  UNABLE_TO_GET_ISSUER_CERT: "unknownIssuer",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknownIssuer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unknownIssuer",
  SELF_SIGNED_CERT_IN_CHAIN: "unknownIssuer",
  DEPTH_ZERO_SELF_SIGNED_CERT: "unknownIssuer",
  CERT_UNTRUSTED: "unknownIssuer",
  CERT_NOT_YET_VALID: "notYetValid",
  CERT_HAS_EXPIRED: "expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "wrongName",
};

type Words = Pick<MobilePayTrouble, "message" | "hint">;

/** For a person at the till: what is wrong, and what to do next. `cause` stands beside the words for whoever helps. */
const words: Readonly<Record<Reason, (cause: string, context: TroubleContext) => Words>> = {
  keysRefused: () => ({ message: keysTrouble.message, hint: keysTrouble.hint }),
  noName: (cause) => ({
    message: `MobilePay's name cannot be looked up (${cause}): there is no network, or no name service.`,
    hint: "Check the network cable or Wi-Fi, and the name server (DNS) that the till is told to use.",
  }),
  noRoute: (cause) => ({
    message: `There is no way from this till to MobilePay (${cause}).`,
    hint: "Check the network cable or Wi-Fi, and the router.",
  }),
  refused: (cause, { host }) => ({
    message: `The connection to MobilePay is refused (${cause}).`,
    hint: `Check mobilepay.baseUrl, and that the firewall lets the till through to ${host}. Where the shop has a proxy, name it in mobilepay.proxy.`,
  }),
  noAnswer: (cause, { host }) => ({
    message: `MobilePay does not answer in time (${cause}).`,
    hint: `Check the till's internet connection, and that the firewall lets the till through to ${host}. Where the shop has a proxy, name it in mobilepay.proxy.`,
  }),
  brokenOff: (cause, { host }) => ({
    message: `The connection to MobilePay breaks off (${cause}).`,
    hint: `Check the till's internet connection, and whether a firewall or filter stands between the till and ${host}.`,
  }),
  unknownIssuer: (cause, { host, certificate }) => ({
    message: `Whoever answers for MobilePay shows a certificate made by ${certificate?.issuer ? `"${certificate.issuer}"` : "somebody"}, whom this till does not know (${cause}): something on the network opens encrypted connections.`,
    hint: `If it is the shop's own filter: have it leave ${host} alone, or name its certificate in mobilepay.ca. If nobody knows of one, take no MobilePay here and call support.`,
  }),
  notYetValid: (cause, { nowMs, certificate }) => ({
    message: `MobilePay's certificate is not yet valid${certificate ? `: it begins on ${day(certificate.validFrom)}` : ""}, and this till's date is ${today(nowMs)} (${cause}). The till's clock is behind.`,
    hint: "Set the till's date and clock, and switch on its time service.",
  }),
  expired: (cause, { nowMs, certificate }) => ({
    message: `MobilePay's certificate has expired${certificate ? `: it ended on ${day(certificate.validTo)}` : ""}, and this till's date is ${today(nowMs)} (${cause}).`,
    hint: "If that date is wrong, set the till's date and clock, and switch on its time service. If it is right, something on the network opens encrypted connections: call support.",
  }),
  wrongName: (cause, { host }) => ({
    message: `Whoever answers is not ${host}: its certificate is for another name (${cause}).`,
    hint: "Check mobilepay.baseUrl, the name server (DNS), and whether a network login or a filter stands between.",
  }),
  notTrusted: (cause) => ({
    message: `The connection to MobilePay is not to be trusted (${cause}).`,
    hint: "Check the till's date and clock, and whether something on the network opens encrypted connections.",
  }),
  proxyAway: (cause) => ({
    message: `The shop's proxy is not reached (${cause}).`,
    hint: "Check mobilepay.proxy, the till's network, and that the proxy runs.",
  }),
  proxyLogin: (cause) => ({
    message: `The shop's proxy does not accept the till's login (${cause}).`,
    hint: "Check name and password in mobilepay.proxy.",
  }),
  proxyRefuses: (cause, { host }) => ({
    message: `The shop's proxy does not let the till through to MobilePay (${cause}).`,
    hint: `Have whoever looks after the proxy allow ${host}.`,
  }),
  ownCertificates: () => ({
    message: "The certificates that mobilepay.ca names cannot be used.",
    hint: "Check that the file is there, that the service's user may read it, and that it is PEM.",
  }),
  failing: (cause) => ({
    message: `MobilePay is in trouble (${cause}).`,
    hint: "Wait: the till tries again by itself.",
  }),
  stranger: (cause) => ({
    message: `Something answers that is not MobilePay (${cause}).`,
    hint: "Check mobilepay.baseUrl. A network that wants a login, or a filter, may stand between.",
  }),
};

function today(nowMs: number): string {
  return day(new Date(nowMs).toISOString());
}

function day(isoTime: string): string {
  return isoTime.slice(0, 10);
}
