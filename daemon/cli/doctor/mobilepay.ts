import { once } from "node:events";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import * as z from "zod";
import type { Config } from "../../config/config.ts";
import { silentLogger } from "../../log/logger.ts";
import type { MobilePayCheck } from "../../mobilepay/check.ts";
import { createMobilePay, type MobilePay } from "../../mobilepay/client.ts";
import type { World } from "../../world.ts";
import { boundedText } from "../system/bounded-text.ts";
import { errorCode } from "../../errno.ts";
import { withDeadline } from "../../deadline.ts";
import { sleep } from "../../world.ts";

type Settings = Config["mobilepay"];
type ClientContext = { readonly world: World; readonly version: string };

const problem = z.looseObject({ title: z.string() });
/** MobilePay answers within a second; this is for a bad line. */
const answerMsMax = 10_000;
/** A token has a few KB; what is longer is not MobilePay's. */
const bytesMax = 65_536;

/** The client as the service itself uses it; the caller closes it. */
export function clientFor(settings: Settings, { world, version }: ClientContext): MobilePay {
  const identity = { ...settings, systemName: "tillbridge", systemVersion: version };
  return createMobilePay({ ...identity, world, log: silentLogger });
}

/** What MobilePay itself says of the keys and the sales unit, now. Where it cannot be asked, as much of the reason as can be found out. */
export async function askMobilePay(client: MobilePay, settings: Settings): Promise<readonly MobilePayCheck[]> {
  const checks = await client.check();
  const reachable = checks.find(({ name }) => name === "reachable");
  if (reachable === undefined || reachable.state === "ok") return checks;
  const found = new Map((await whyUnusable(settings)).map((check) => [check.name, check]));
  return checks.map((check) => found.get(check.name) ?? check);
}

/** Asks for a token once more, only to see how that goes wrong. */
async function whyUnusable(settings: Settings): Promise<readonly MobilePayCheck[]> {
  const answer = await askForToken(settings);
  if (answer.kind === "none") return [unreachable(answer.code)];
  if (answer.status === 400 || answer.status === 403) return [answers, wrongUnit];
  if (answer.status === 429 || answer.status >= 500)
    return [failed("reachable", `MobilePay is in trouble (${answer.status}).`, "Try again later.")];
  return [
    failed(
      "reachable",
      "Something answers that is not MobilePay.",
      "Check mobilepay.baseUrl. A network that wants a login, or a filter, may stand between.",
    ),
  ];
}

type Answer = { readonly kind: "answer"; readonly status: number } | { readonly kind: "none"; readonly code: string };

function askForToken(settings: Settings): Promise<Answer> {
  const { baseUrl, clientId, clientSecret, subscriptionKey, merchantSerialNumber } = settings;
  const headers = {
    client_id: clientId,
    client_secret: clientSecret,
    "Ocp-Apim-Subscription-Key": subscriptionKey,
    "Merchant-Serial-Number": merchantSerialNumber,
    "Content-Length": 0,
  };
  const asked = (signal: AbortSignal) => post(new URL(`${baseUrl}/accesstoken/get`), headers, signal);
  return withDeadline({ sleep }, answerMsMax, asked, () => ({ kind: "none", code: "ETIMEDOUT" }));
}

async function post(url: URL, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<Answer> {
  const { request } = url.protocol === "http:" ? await import("node:http") : await import("node:https");
  try {
    const asked = request(url, { method: "POST", headers, signal });
    asked.end();
    // The first event of this name comes with the answer alone.
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    const isProblem = isProblemText(await boundedText(answer, bytesMax));
    const status = answer.statusCode ?? 0;
    // A page made for people, or a filter's, is no refusal by MobilePay.
    return { kind: "answer", status: isProblem || status >= 429 ? status : 200 };
  } catch (error) {
    return { kind: "none", code: errorCode(error) };
  }
}

const answers: MobilePayCheck = { name: "reachable", state: "ok", says: "MobilePay answers." };

const wrongUnit = failed(
  "salesUnit",
  "MobilePay refuses these keys for this sales unit.",
  "Check mobilepay.merchantSerialNumber, and that the keys are those of this sales unit.",
);

function unreachable(code: string): MobilePayCheck {
  const hint = "Check the till's internet connection, its firewall, and mobilepay.baseUrl.";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return failed(
      "reachable",
      `MobilePay's name cannot be looked up (${code}): there is no network, or no name service.`,
      hint,
    );
  if (/CERT|SIGNATURE|TLS|SSL|ALTNAME/.test(code))
    return failed(
      "reachable",
      `The connection to MobilePay is not to be trusted (${code}).`,
      "Check the till's date and clock, and whether something on the network opens encrypted connections.",
    );
  return failed("reachable", `MobilePay is not reached (${code}).`, hint);
}

function failed(name: MobilePayCheck["name"], says: string, hint: string): MobilePayCheck {
  return { name, state: "failed", says, hint };
}

/** Whether it is one of MobilePay's own refusals (RFC 7807). */
function isProblemText(body: string): boolean {
  try {
    return problem.safeParse(JSON.parse(body)).success;
  } catch {
    return false;
  }
}
