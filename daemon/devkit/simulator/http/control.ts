import type { IncomingMessage, ServerResponse } from "node:http";
import { problemAnswer } from "../api/problems.ts";
import { parsed } from "../api/routes.ts";
import { type Faults, operations } from "../faults.ts";
import { PlatformRefusal } from "../platform/errors.ts";
import type { PortalAct } from "../platform/portal.ts";
import type { SimulatedPlatform } from "../platform/platform.ts";
import { drawQr } from "../platform/qr-images.ts";
import {
  actInPortal,
  bookEntry,
  moveClock,
  nothing,
  planFault,
  plantMerchantQr,
  scanCode,
  tapPayment,
} from "./control-requests.ts";
import { guard } from "../../http/guard.ts";
import { servePage } from "./phone-files.ts";
import type { RequestLog } from "./request-log.ts";
import { paymentShown, simulatorState } from "./state.ts";
import { streamCheckIns, streamState } from "./state-stream.ts";

/** What the control calls act on. */
export interface ControlPorts {
  readonly platform: SimulatedPlatform;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly closed: AbortSignal;
  /** Our own address, for the guard. */
  readonly url: string;
  readonly pagesDir?: string;
}

type Act = (ports: ControlPorts, body: unknown, query: URLSearchParams) => unknown;

const acts: Readonly<Record<string, Act>> = {
  "GET /simulator/state": ({ platform }) => simulatorState(platform),
  "GET /simulator/requests": ({ log }, _body, query) =>
    log.list(operations.find((one) => one === query.get("operation"))),
  "GET /simulator/webhooks": ({ platform }) =>
    platform.webhooks.list().map(({ id, url, events }) => ({ id, url, events })),
  "GET /simulator/faults": ({ faults }) => faults.list(),
  "POST /simulator/faults": ({ faults }, body) => ({ id: faults.plan(parsed(planFault, body)) }),
  "DELETE /simulator/faults": ({ faults }) => {
    faults.clear();
    return {};
  },
  "POST /simulator/clock": ({ platform }, body) => {
    platform.clock.advance(parsed(moveClock, body).advanceMs);
    platform.changed();
    return { now: simulatorState(platform).now };
  },
  "POST /simulator/ledger": ({ platform }, body) => {
    platform.ledger.book(parsed(bookEntry, body));
    return {};
  },
  "POST /simulator/tokens/revoke": ({ platform }, body) => {
    parsed(nothing, body);
    platform.tokens.revokeAll();
    return {};
  },
  "POST /simulator/merchant-qrs": ({ platform }, body) => {
    const { merchantSerialNumber, merchantQrId, locationDescription } = parsed(plantMerchantQr, body);
    return platform.merchantQrs.put(merchantSerialNumber, merchantQrId, locationDescription);
  },
  "POST /simulator/phone/scan": ({ platform }, body) => {
    const { phoneNumber, content } = parsed(scanCode, body);
    return platform.phone.scan(known(platform, phoneNumber), content);
  },
  "POST /simulator/phone/approve": ({ platform }, body) => tap(body, (...tapped) => platform.phone.approve(...tapped)),
  "POST /simulator/phone/refuse": ({ platform }, body) => tap(body, (...tapped) => platform.phone.refuse(...tapped)),
  "POST /simulator/phone/begin": ({ platform }, body) => ({
    shown: tap(body, (...tapped) => platform.phone.beginApproval(...tapped)) ? "processing" : "notOpen",
  }),
  "POST /simulator/phone/finish": ({ platform }, body) =>
    platform.phone.finishApproval(parsed(tapPayment, body).reference),
  "POST /simulator/portal/capture": ({ platform }, body) => inPortal(platform, "capture", body),
  "POST /simulator/portal/cancel": ({ platform }, body) => inPortal(platform, "cancel", body),
  "POST /simulator/portal/refund": ({ platform }, body) => inPortal(platform, "refund", body),
};

/** Every control call, as `METHOD path`. */
export const calls: readonly string[] = [...Object.keys(acts), "GET /simulator/events", "GET /simulator/check-ins"];

/** Whether a path is ours and not the platform's. */
export function isControl(path: string): boolean {
  return (
    path === "/phone" || path.startsWith("/phone/") || path.startsWith("/phone?") || path.startsWith("/simulator/")
  );
}

/** Answers control calls, the phone page and pictures of codes. */
export async function serveControl(
  ports: ControlPorts,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const target = new URL(request.url ?? "/", ports.url);
  const picture = request.method === "GET" ? ports.platform.images.parse(target) : undefined;
  if (picture) {
    const { type, body: drawn } = await drawQr(picture);
    response.writeHead(200, { "content-type": type }).end(drawn);
  } else if (target.pathname.startsWith("/phone")) await servePage(ports.pagesDir, target, request, response);
  else await serveCall(ports, target, request, response, body);
}

async function serveCall(
  ports: ControlPorts,
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  if (!guard(request, ports.url)) {
    response.writeHead(403).end();
  } else if (request.method === "GET" && target.pathname === "/simulator/events") {
    streamState(ports.platform, ports.closed, response);
  } else if (request.method === "GET" && target.pathname === "/simulator/check-ins") {
    streamCheckIns(ports.platform, ports.closed, response);
  } else {
    const { status, json } = await perform(
      ports,
      `${request.method ?? ""} ${target.pathname}`,
      body,
      target.searchParams,
    );
    response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(json);
  }
}

async function perform(
  ports: ControlPorts,
  name: string,
  body: string,
  query: URLSearchParams,
): Promise<{ status: number; json: string }> {
  const act = Object.hasOwn(acts, name) ? acts[name] : undefined;
  try {
    if (!act) throw new PlatformRefusal(404, "Not Found", []);
    return { status: 200, json: JSON.stringify(await act(ports, json(body), query)) };
  } catch (error) {
    if (!(error instanceof PlatformRefusal)) throw error;
    const { status, body: written } = problemAnswer(error, "problem", { instance: name, traceId: "" });
    return { status, json: written };
  }
}

function json(body: string): unknown {
  try {
    return body === "" ? {} : JSON.parse(body);
  } catch {
    throw new PlatformRefusal(400, "Bad Request", [{ name: "body", reason: "The body is not JSON." }]);
  }
}

function tap<Shown>(body: unknown, act: (reference: string, phoneNumber?: string) => Shown): Shown {
  const { reference, phoneNumber } = parsed(tapPayment, body);
  return act(reference, phoneNumber);
}

function inPortal(platform: SimulatedPlatform, does: PortalAct, body: unknown): unknown {
  const { reference, amountMinor } = parsed(actInPortal, body);
  return paymentShown(platform.portal.act(does, reference, amountMinor));
}

function known(platform: SimulatedPlatform, phoneNumber: string): string {
  if (platform.customers.has(phoneNumber)) return phoneNumber;
  throw new PlatformRefusal(404, "Not Found", [{ name: "phoneNumber", reason: "No simulated customer has it." }]);
}
