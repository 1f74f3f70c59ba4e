import type { World } from "../world.ts";
import { parseJson } from "./answers.ts";
import type { MobilePayCall } from "./exchange.ts";
import type { MobilePayApi } from "./platform.ts";
import { refusalOf } from "./refusals.ts";
import { salesUnit } from "./wire.ts";

/** One line of an installer's check. `unknown`: could not be asked, mostly because an earlier line failed. */
export interface MobilePayCheck {
  readonly name: "reachable" | "keys" | "salesUnit" | "pushMessage" | "clock";
  readonly state: "ok" | "warning" | "failed" | "unknown";
  readonly says: string;
  readonly hint?: string;
}

/** More than this, and times on receipts and in the log mislead. The age of a check-in goes by MobilePay's clock anyway. */
const skewSecondsMax = 30;

/** Asks MobilePay itself, now: a new token, a payment that cannot exist, and, in production, the sales unit's settings. Changes nothing. */
export async function checkMobilePay(
  platform: MobilePayApi,
  world: World,
  deadlineMs: number,
): Promise<readonly MobilePayCheck[]> {
  const keys = await platform.tryKeys();
  if (keys.kind === "unknown")
    return [await notReached(platform), ...notAsked("keys", "salesUnit", "pushMessage"), clockCheck(platform)];
  const reachable: MobilePayCheck = { name: "reachable", state: "ok", says: "MobilePay answers." };
  // The door knows the keys, and forbids them what stands beside them.
  if (keys.kind === "keysRefused" && keys.status === 403)
    return [reachable, ...notAsked("keys"), wrongUnit, ...notAsked("pushMessage"), clockCheck(platform)];
  if (keys.kind === "keysRefused")
    return [reachable, wrongKeys, ...notAsked("salesUnit", "pushMessage"), clockCheck(platform)];
  const accepted: MobilePayCheck = { name: "keys", state: "ok", says: "MobilePay accepts the keys." };
  return [reachable, accepted, ...(await unitChecks(platform, world, deadlineMs)), clockCheck(platform)];
}

async function notReached(platform: MobilePayApi): Promise<MobilePayCheck> {
  const trouble = await platform.trouble();
  return {
    name: "reachable",
    state: "failed",
    says: trouble?.message ?? "MobilePay gave no usable answer.",
    hint: trouble?.hint ?? "Check the till's internet connection, its firewall, and mobilepay.baseUrl.",
  };
}

const wrongUnit: MobilePayCheck = {
  name: "salesUnit",
  state: "failed",
  says: "MobilePay refuses these keys for this sales unit.",
  hint: "Check mobilepay.merchantSerialNumber, and that the keys are those of this sales unit.",
};

const wrongKeys: MobilePayCheck = {
  name: "keys",
  state: "failed",
  says: "MobilePay does not accept the keys.",
  hint: "Check mobilepay.clientId, clientSecret and subscriptionKey: all three of this sales unit, all of test or all of production.",
};

function notAsked(...names: MobilePayCheck["name"][]): MobilePayCheck[] {
  return names.map((name) => ({ name, state: "unknown", says: "Not asked, because of the lines above." }));
}

async function unitChecks(platform: MobilePayApi, world: World, deadlineMs: number): Promise<MobilePayCheck[]> {
  const settings = await readSettings(platform, deadlineMs);
  return [await unitCheck(platform, world, deadlineMs, settings), pushCheck(settings)];
}

interface Settings {
  readonly paymentAllowed?: boolean | null | undefined;
  readonly skipLandingPageAllowed?: boolean | null | undefined;
}

/** The management API is there in production only, and not for all keys: without it, nothing is known. */
async function readSettings(platform: MobilePayApi, deadlineMs: number): Promise<Settings> {
  const path = `/management/v1/sales-units/${encodeURIComponent(platform.merchantSerialNumber)}`;
  const reply = await platform.call({ operation: "salesUnit", method: "GET", path, deadlineMs });
  const parsed = salesUnit.safeParse(reply.kind === "success" ? parseJson(reply.text) : undefined);
  if (!parsed.success || parsed.data.msn !== platform.merchantSerialNumber) return {};
  return parsed.data.configuration ?? {};
}

/** "No such payment" is the answer that only a sales unit which may use the payment API gets. */
async function unitCheck(
  platform: MobilePayApi,
  world: World,
  deadlineMs: number,
  settings: Settings,
): Promise<MobilePayCheck> {
  const name = "salesUnit";
  if (settings.paymentAllowed === false) {
    return { name, state: "failed", says: "The sales unit may not take payments.", hint: "Ask MobilePay why." };
  }
  const reference = `tillbridge-check-${world.uuid()}`;
  const call: MobilePayCall = {
    operation: "look",
    method: "GET",
    path: `/epayment/v1/payments/${reference}`,
    reference,
    deadlineMs,
  };
  const reply = await platform.call(call);
  if (reply.kind === "no" && refusalOf(reply, "look").kind === "notFound") {
    return { name, state: "ok", says: "The payment API answers for this sales unit." };
  }
  if (reply.kind === "no" || reply.kind === "keysRefused") {
    return {
      name,
      state: "failed",
      says: "The payment API does not answer for this sales unit.",
      hint: "Check mobilepay.merchantSerialNumber, and that the keys are those of this sales unit.",
    };
  }
  return { name, state: "unknown", says: "MobilePay gave no usable answer about the sales unit.", hint: "Try again." };
}

/** The setting that goes with payment requests to a phone. The till learns it for certain from the first such payment (5080). */
function pushCheck({ skipLandingPageAllowed }: Settings): MobilePayCheck {
  const name = "pushMessage";
  if (skipLandingPageAllowed === true) return { name, state: "ok", says: "Payment requests may be sent to a phone." };
  if (skipLandingPageAllowed === false) {
    return {
      name,
      state: "warning",
      says: "Payment requests to a phone do not seem to be allowed for this sales unit.",
      hint: "Ask MobilePay to allow PUSH_MESSAGE (skip landing page). Until then only the code on the screen works.",
    };
  }
  return { name, state: "unknown", says: "MobilePay does not tell whether payment requests may be sent to a phone." };
}

function clockCheck(platform: MobilePayApi): MobilePayCheck {
  const name = "clock";
  const { clockSkewSeconds } = platform.health();
  if (clockSkewSeconds === undefined) return { name, state: "unknown", says: "MobilePay's time is not known." };
  const says = `The till's clock is ${Math.abs(clockSkewSeconds)} s ${clockSkewSeconds < 0 ? "behind" : "ahead of"} MobilePay's.`;
  if (Math.abs(clockSkewSeconds) <= skewSecondsMax) return { name, state: "ok", says };
  return { name, state: "warning", says, hint: "Set the till's clock, or switch on its time service." };
}
