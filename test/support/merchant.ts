import type { ApiAnswer, ApiRequest } from "../../daemon/devkit/simulator/api/http-shapes.ts";
import type { Operation } from "../../daemon/devkit/simulator/faults.ts";
import type { Credentials } from "../../daemon/devkit/simulator/sales-unit.ts";
import { checkExchange } from "./openapi.ts";

/** What a test sees of an answer. */
export interface Seen {
  readonly status: number;
  /** The published error code, when there is one. */
  readonly code: number | undefined;
  /** Names of the fields that were refused. */
  readonly fields: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  // Tests look into answers of many forms; each has been checked against its schema.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface Wish {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

type Send = (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;

const base = "/epayment/v1/payments";

/** Calls the platform as a till does. Every answer, and every request that was accepted, is checked against the published schemas. */
export class Merchant {
  readonly #send: Send;
  readonly #keys: Credentials;
  #token = "";
  #nextKey = 1;

  constructor(send: Send, keys: Credentials) {
    this.#send = send;
    this.#keys = keys;
  }

  async authorize(wish: Wish = {}): Promise<Seen> {
    const { clientId, clientSecret } = this.#keys;
    const headers = { client_id: clientId, client_secret: clientSecret, ...wish.headers };
    const seen = await this.call("token", "POST", "/accesstoken/get", undefined, { ...wish, headers });
    if (seen.status === 200) this.#token = seen.body.access_token;
    return seen;
  }

  create(body: Record<string, unknown>, wish: Wish = {}): Promise<Seen> {
    return this.call("create", "POST", base, body, { key: this.newKey(), ...wish });
  }

  get(reference: string, wish?: Wish): Promise<Seen> {
    return this.call("get", "GET", `${base}/${reference}`, undefined, wish);
  }

  events(reference: string, wish?: Wish): Promise<Seen> {
    return this.call("events", "GET", `${base}/${reference}/events`, undefined, wish);
  }

  cancel(reference: string, body: unknown = {}, wish?: Wish): Promise<Seen> {
    return this.call("cancel", "POST", `${base}/${reference}/cancel`, body, wish);
  }

  capture(reference: string, value: number, wish: Wish = {}, currency = "DKK"): Promise<Seen> {
    const body = { modificationAmount: { currency, value } };
    return this.call("capture", "POST", `${base}/${reference}/capture`, body, { key: this.newKey(), ...wish });
  }

  refund(reference: string, value: number, wish: Wish = {}, currency = "DKK"): Promise<Seen> {
    const body = { modificationAmount: { currency, value } };
    return this.call("refund", "POST", `${base}/${reference}/refund`, body, { key: this.newKey(), ...wish });
  }

  newKey(): string {
    return `key-${this.#nextKey++}`;
  }

  async call(operation: Operation, method: string, path: string, body?: unknown, wish: Wish = {}): Promise<Seen> {
    const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
    const answer = await this.#send({ method, path, headers: this.#headers(wish), body: text });
    checkExchange(operation, text, answer.status, answer.body);
    return seen(answer);
  }

  #headers({ key, headers }: Wish): Record<string, string> {
    const all: Record<string, string | undefined> = {
      "content-type": "application/json",
      "ocp-apim-subscription-key": this.#keys.subscriptionKey,
      "merchant-serial-number": this.#keys.merchantSerialNumber,
      "vipps-system-name": "tillbridge",
      authorization: `Bearer ${this.#token}`,
      "idempotency-key": key,
      ...headers,
    };
    return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }
}

function seen({ status, headers, body: text }: ApiAnswer): Seen {
  const body = text === "" ? undefined : JSON.parse(text);
  const details: { name: string; reason: string }[] = body?.extraDetails ?? body?.invalidParams ?? [];
  const code = details.find((detail) => detail.name === "ErrorCode")?.reason;
  const fields = details.map((detail) => detail.name).filter((name) => name !== "ErrorCode");
  return { status, headers, body, fields, code: code === undefined ? undefined : Number(code) };
}

/** The body of a sale asked for by phone number: what is not said does not matter. */
export function sale(reference: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    amount: { currency: "DKK", value: 4990 },
    paymentMethod: { type: "WALLET" },
    customer: { phoneNumber: "4500000001" },
    customerInteraction: "CUSTOMER_PRESENT",
    userFlow: "PUSH_MESSAGE",
    reference,
    paymentDescription: "Purchase at till 2",
    ...more,
  };
}
