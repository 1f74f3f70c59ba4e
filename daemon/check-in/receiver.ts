import type { Logger } from "../log/logger.ts";
import type { Params } from "../protocol/methods.ts";
import type { World } from "../world.ts";
import { createReplays } from "./replays.ts";
import { type VerifiedRequest, isTimely, type SignedRequest, verifyRequest } from "./verify.ts";
import { readEvent, type WebhookEvent } from "./webhook-events.ts";

/** A webhook that is registered with MobilePay, and the secrets that may sign for it: two while it is being replaced. */
export interface WebhookRegistration {
  readonly url: string;
  readonly merchantSerialNumber: string;
  readonly secrets: () => readonly string[];
}

/** `notHere`: no till of ours. `stale`: too old for any sale. `unavailable`: the till cannot take it now. */
export type CheckInOutcome = "taken" | "notHere" | "stale" | "unavailable";

/** A check-in as it is handed to the till. `sentAt`: when MobilePay sent it, by MobilePay's clock. */
export interface DatedCheckInNotice extends Params<"checkIn.notify"> {
  readonly sentAt: string;
}

export interface ReceiverPorts {
  readonly registrations: readonly WebhookRegistration[];
  /** The time by the best clock there is, milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Sets that clock anew, where it can be. */
  readonly learnTime?: () => Promise<void>;
  /** `taken` only when the till has it on disk. */
  readonly acceptCheckIn: (checkIn: DatedCheckInNotice) => Promise<CheckInOutcome>;
  /** Something may have happened to this payment. Must not wait. */
  readonly requery: (merchantSerialNumber: string, reference: string) => void;
  readonly world: World;
  readonly log: Logger;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body?: string;
}

/** What an address for webhooks does with a request. */
export interface Receiver {
  /** Whether anything is registered for this path (with its query). */
  knows(path: string): boolean;
  /** 200 only when the till has it. Never rejects but with our own mistake. */
  receive(path: string, request: SignedRequest): Promise<WebhookAnswer>;
}

const statusOf: Readonly<Record<CheckInOutcome, number>> = { taken: 200, notHere: 404, stale: 410, unavailable: 503 };
/** A client that is not MobilePay learns no more than that. */
const refused: WebhookAnswer = { status: 401 };

export function createReceiver(ports: ReceiverPorts): Receiver {
  const byPath = Map.groupBy(ports.registrations, ({ url }) => pathOf(url));
  const replays = createReplays(ports.world);

  async function receive(path: string, request: SignedRequest): Promise<WebhookAnswer> {
    const found = authenticate(byPath.get(path) ?? [], request);
    if (!found || !(await isNow(found.verified, ports))) {
      ports.log.warn("a webhook was refused", { because: found ? "its date" : "its signature" });
      return refused;
    }
    const { signature, sentAtMs } = found.verified;
    if (replays.has(signature)) return { status: 200 };
    const answer = await handleEvent(readEvent(request.body), found.units, sentAtMs, ports);
    if (answer.status === 200) replays.add(signature);
    return answer;
  }

  return { knows: (path) => byPath.has(path), receive };
}

/** Several sales units may share an address: one registration of a partner's. Each secret speaks for its own units alone. */
function authenticate(registrations: readonly WebhookRegistration[], request: SignedRequest) {
  const results = registrations.map((registration) => ({
    registration,
    verified: verifyRequest(request, new URL(registration.url), registration.secrets()),
  }));
  const units = results.flatMap(({ verified, registration }) => (verified ? [registration.merchantSerialNumber] : []));
  const verified = results.find((result) => result.verified)?.verified;
  return verified && { verified, units };
}

/** A clock that was set wrongly, or stood still while the computer slept, must not keep customers out. */
async function isNow({ sentAtMs }: VerifiedRequest, { nowMs, learnTime }: ReceiverPorts): Promise<boolean> {
  if (isTimely(sentAtMs, nowMs())) return true;
  await learnTime?.();
  return isTimely(sentAtMs, nowMs());
}

async function handleEvent(
  event: WebhookEvent,
  units: readonly string[],
  sentAtMs: number,
  ports: ReceiverPorts,
): Promise<WebhookAnswer> {
  // What we have no use for is done with: otherwise MobilePay would send it again for a week.
  if (event.kind === "unknown") return { status: 200 };
  if (event.kind === "wrong") {
    ports.log.error("a check-in of MobilePay's cannot be read");
    return { status: 422 };
  }
  if (!units.includes(event.msn)) return { status: statusOf.notHere };
  switch (event.kind) {
    case "probe":
      return { status: 200, body: JSON.stringify({ probe: event.probe }) };
    case "payment":
      ports.requery(event.msn, event.reference);
      return { status: 200 };
    case "checkIn": {
      const outcome = await ports.acceptCheckIn({ ...event.checkIn, sentAt: new Date(sentAtMs).toISOString() });
      ports.log.info("a check-in was received", { outcome, merchantQrId: event.checkIn.merchantQrId });
      return { status: statusOf[outcome] };
    }
  }
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
