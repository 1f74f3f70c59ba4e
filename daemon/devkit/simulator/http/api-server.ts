import type { IncomingMessage, ServerResponse } from "node:http";
import type { Api } from "../api/api.ts";
import type { ApiAnswer, ApiRequest } from "../api/http-shapes.ts";
import type { SimulatorClock } from "../clock.ts";
import type { Fault, Faults, Operation } from "../faults.ts";
import { spoiled, takesEffect } from "./fault-effects.ts";
import { headersOf } from "../../http/http-server.ts";
import type { RequestLog } from "./request-log.ts";

interface Ports {
  readonly api: Api;
  readonly faults: Faults;
  readonly clock: SimulatorClock;
  readonly log: RequestLog;
  readonly closed: AbortSignal;
}

const nothingWrong: ApiAnswer = { status: 200, headers: {}, body: "" };

/** Serves the platform's API over HTTP, with the planned faults. */
export async function serveApi(
  ports: Ports,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const asked: ApiRequest = {
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: headersOf(request),
    body,
  };
  const operation = ports.api.operationOf(asked);
  const fault = operation && ports.faults.next(operation);
  if (fault?.kind === "slow" && fault.at === "request") await ports.clock.sleep(fault.ms, ports.closed);
  const right = fault && !takesEffect(fault) ? nothingWrong : ports.api.answer(asked);
  const answer = fault ? spoiled(fault, right) : right;
  ports.log.add(record(operation, fault, asked, answer));
  await send(ports, response, answer, fault);
}

function record(operation: Operation | undefined, fault: Fault | undefined, asked: ApiRequest, answer: ApiAnswer) {
  const { method, path, body } = asked;
  const key = asked.headers["idempotency-key"];
  return {
    ...(operation ? { operation } : {}),
    ...(fault ? { fault: fault.kind } : {}),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    method,
    path,
    body,
    status: answer.status,
  };
}

async function send(
  ports: Ports,
  response: ServerResponse,
  answer: ApiAnswer,
  fault: Fault | undefined,
): Promise<void> {
  if (fault?.kind === "lostBefore" || fault?.kind === "lostAfter") {
    response.socket?.destroy();
    return;
  }
  if (fault?.kind === "slow" && fault.at !== "request") await ports.clock.sleep(fault.ms, ports.closed);
  const bytes = Buffer.from(answer.body);
  // The platform's own time: a till tells how wrong its clock is by it.
  const date = new Date(ports.clock.now()).toUTCString();
  response.writeHead(answer.status, { ...answer.headers, date, "content-length": bytes.length });
  if (fault?.kind === "trickle") await trickle(ports, response, bytes, fault.msPerByte ?? 100);
  else response.end(bytes);
}

async function trickle(
  { clock, closed }: Ports,
  response: ServerResponse,
  bytes: Buffer,
  msPerByte: number,
): Promise<void> {
  for (const byte of bytes) {
    if (closed.aborted || response.destroyed) return;
    response.write(Buffer.of(byte));
    await clock.sleep(msPerByte, closed);
  }
  response.end();
}
