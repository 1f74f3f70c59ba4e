import { request } from "node:http";
import { signatureHeaders } from "../../daemon/devkit/simulator/platform/signature.ts";
import { freePort } from "../support/free-port.ts";
import { Till } from "../support/till.ts";
import type { ValueGenerator } from "./value-generator.ts";
import { checkTellsNothing, type FuzzTarget } from "./target.ts";

const secret = "the-secret-of-this-registration";
const url = new URL("https://till.example.com/mobilepay");

interface Posted {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** With the right secret over exactly this body. */
  readonly genuine: boolean;
}

/** The address that stands open to the internet: what is not signed is refused, what is signed and makes no sense does no harm. */
export async function webhookTarget(): Promise<FuzzTarget> {
  const port = await freePort();
  const till = await Till.open({ checkIn: { mode: "webhook", url: url.href, secret, listen: { port } } });
  await till.pair();
  return {
    name: "webhook",
    async run(generator) {
      const posted = generator.random.list(4, () => postedOf(generator, till));
      await Promise.all(posted.map(async (one) => check(one, await post(port, one))));
      await till.call("till.get", {});
    },
    close: () => till.close(),
  };
}

function postedOf(generator: ValueGenerator, till: Till): Posted {
  const { random } = generator;
  const { clock, platform } = till.simulator;
  const checkIn = {
    customerToken: "t",
    merchantQrId: "123456789012345",
    msn: platform.unit.credentials.merchantSerialNumber,
    initiatedAt: new Date(clock.now()).toISOString(),
  };
  const payment = {
    msn: checkIn.msn,
    reference: "r-payment-1",
    pspReference: "p",
    name: random.pick(["CREATED", "AUTHORIZED", "CAPTURED", "TERMINATED"]),
    amount: { currency: "DKK", value: 4990 },
    timestamp: checkIn.initiatedAt,
    idempotencyKey: "k",
    success: true,
  };
  const spoilt = random.chance(0.8)
    ? generator.mutate(random.pick([checkIn, payment]))
    : random.pick([checkIn, payment]);
  const right = Buffer.from(JSON.stringify(spoilt) ?? "");
  const body = random.chance(0.3) ? generator.mutateBytes(right) : right;
  const genuine = random.chance(0.6);
  const date = random.chance(0.9) ? new Date(clock.now()).toUTCString() : random.pick(["", "0", "Tue, 40 Feb 2026"]);
  const signed = { ...signatureHeaders(genuine ? secret : "another", { url, date, body: body.toString("latin1") }) };
  return { body: Buffer.from(body.toString("latin1")), headers: signed, genuine };
}

function check({ genuine }: Posted, { status, text }: { readonly status: number; readonly text: string }): void {
  checkTellsNothing(text);
  if (status === 500) throw new Error("a webhook could not be handled");
  if (!genuine && status !== 401 && status !== 413) throw new Error(`what nobody signed is answered with ${status}`);
}

function post(port: number, { body, headers }: Posted): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method: "POST", path: "/mobilepay", headers, agent: false });
    // Cut off while sending: the answer for a body that is too long.
    sent.on("error", (error) => ("code" in error ? resolve({ status: 413, text: "" }) : reject(error)));
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("close", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    sent.end(body);
  });
}
