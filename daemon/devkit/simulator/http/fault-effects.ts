import type { ApiAnswer } from "../api/http-shapes.ts";
import type { Fault } from "../faults.ts";

/** Whether the platform does what was asked although the call goes wrong. */
export function takesEffect(fault: Fault): boolean {
  switch (fault.kind) {
    case "lostBefore":
    case "redirect":
      return false;
    case "status":
    case "html":
      return fault.effect === "done";
    default:
      return true;
  }
}

/** The answer that a fault puts in place of the right one. */
export function spoiled(fault: Fault, right: ApiAnswer): ApiAnswer {
  switch (fault.kind) {
    case "status":
      return statusAnswer(fault.status, fault.retryAfterSeconds);
    case "html":
      return page("<!doctype html><title>Welcome</title><p>Please sign in to the network.</p>");
    case "emptyBody":
      return { status: right.status, headers: {}, body: "" };
    case "redirect":
      return { status: 302, headers: { location: fault.location ?? "http://127.0.0.1:9/elsewhere" }, body: "" };
    case "wrongReference":
      return edited(right, (body) => ({ ...body, reference: "another-payment-0001" }));
    case "wrongAmount":
      return edited(right, (body) => everyAmount(body, (amount) => ({ ...amount, value: amount.value + 100 })));
    case "wrongCurrency":
      return edited(right, (body) => everyAmount(body, (amount) => ({ ...amount, currency: "GBP" })));
    case "stateBackwards":
      return edited(right, backwards);
    default:
      return right;
  }
}

function statusAnswer(status: number, retryAfterSeconds: number | undefined): ApiAnswer {
  const title = "Planned fault";
  const body = {
    type: `https://httpstatuses.io/${status}`,
    title,
    status,
    traceId: "00-planned-fault-01",
    extraDetails: null,
  };
  const wait: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  return { status, headers: { "content-type": "application/problem+json", ...wait }, body: JSON.stringify(body) };
}

function page(body: string): ApiAnswer {
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

type Json = Record<string, unknown>;

function edited(right: ApiAnswer, edit: (body: Json) => Json): ApiAnswer {
  const body: unknown = right.body === "" ? undefined : JSON.parse(right.body);
  return isObject(body) ? { ...right, body: JSON.stringify(edit(body)) } : right;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Amount {
  readonly value: number;
  readonly currency: string;
}

function isAmount(value: unknown): value is Amount {
  return isObject(value) && typeof value["value"] === "number" && typeof value["currency"] === "string";
}

function everyAmount(body: Json, edit: (amount: Amount) => Amount): Json {
  const change = (value: unknown): unknown =>
    isAmount(value) ? edit(value) : isObject(value) ? everyAmount(value, edit) : value;
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, change(value)]));
}

function backwards(body: Json): Json {
  const nothing = everyAmount({ aggregate: body["aggregate"] }, (amount) => ({ ...amount, value: 0 }));
  return { ...body, ...nothing, state: "CREATED" };
}
