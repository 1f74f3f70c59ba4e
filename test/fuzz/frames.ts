import { closeCodes } from "../../daemon/protocol/json-rpc.ts";
import { type MethodName, methodTable } from "../../daemon/protocol/methods.ts";
import { connectRaw, hello, type RawClient } from "../support/rpc-client.ts";
import { Till } from "../support/till.ts";
import type { ValueGenerator } from "./value-generator.ts";
import { checkTellsNothing, type FuzzTarget, NotTried } from "./target.ts";

const framesEach = 40;
const amount = { currency: "DKK", value: 4990 };

/** Right parameters, to be spoilt. Methods that are not here begin with none. */
const rightParams: Partial<Record<MethodName, object>> = {
  "paymentMethod.set": { displayName: "MobilePay", account: "1", useInTill: true, quickButton: false },
  "pairing.register": { tag: "123456789012345", locationDescription: "Counter 1" },
  "payment.start": {
    paymentId: "payment-fuzz",
    sale: { saleId: "S1", total: amount },
    amount,
    customer: { by: "phone", phoneNumber: "4500000001" },
    receipt: {
      orderLines: [
        { id: "1", name: "Milk", totalAmount: 4990, totalAmountExcludingTax: 3992, totalTaxAmount: 998, taxRate: 2500 },
      ],
      bottomLine: { currency: "DKK", receiptNumber: "1" },
    },
  },
  "payment.get": { paymentId: "payment-fuzz" },
  "payment.list": { saleId: "S1", limit: 5, from: "2026-01-01T00:00:00.000Z", cursor: "1" },
  "payment.cancel": { paymentId: "payment-fuzz" },
  "payment.complete": { paymentId: "payment-fuzz", receiptNumber: "1" },
  "refund.start": { refundId: "refund-fuzz", paymentId: "payment-fuzz", amount },
  "refund.get": { refundId: "refund-fuzz" },
  "recovery.resolve": { paymentId: "payment-fuzz", decision: "refund" },
  "checkIn.notify": { customerToken: "t", merchantQrId: "q", msn: "123456", initiatedAt: "2026-01-01T00:00:00Z" },
  "events.replay": { afterSeq: 0, limit: 5 },
};

/** A whole till, sold to a simulator: frames and parameters of every wrong kind, from pages that have access and from strangers. */
export async function framesTarget(): Promise<FuzzTarget> {
  const till = await Till.open();
  await till.pair();
  return {
    name: "frames",
    async run(generator) {
      await (generator.random.chance(0.2) ? stranger(till, generator) : client(till, generator));
      await till.call("till.get", {}).catch((error: unknown) => wasBusy(till, error));
    },
    close: () => till.close(),
  };
}

async function client(till: Till, generator: ValueGenerator): Promise<void> {
  const page = await connectRaw(till.port);
  await greeted(page, till.token);
  for (let sent = 0; sent < framesEach; sent += 1) page.send(frame(generator, sent));
  page.send({ jsonrpc: "2.0", id: "the last", method: "till.get" });
  // Whatever came before: the last call is answered, or the till has said by its close why not.
  await Promise.race([page.answer("the last"), page.closed()]);
  leave(page);
}

/** A page that comes now is let in and answered: then the other one was only given no turn in time. */
async function wasBusy(till: Till, error: unknown): Promise<never> {
  const page = await connectRaw(till.port);
  await greeted(page, till.token);
  if ((await page.call("till.get")).result === undefined) throw error;
  leave(page);
  throw new NotTried();
}

/** A till that gets no turn for three seconds takes a hello that came in time for one that did not come. */
async function greeted(page: RawClient, token: string): Promise<void> {
  const code = await Promise.race([
    page.call("session.hello", { ...hello, token }).then(() => undefined),
    page.closed(),
  ]);
  if (code === closeCodes.noHello) throw new NotTried();
  if (code !== undefined) throw new Error(`a proper hello is answered with ${code}`);
}

async function stranger(till: Till, generator: ValueGenerator): Promise<void> {
  const page = await connectRaw(till.port);
  page.socket.send(generator.random.chance(0.3) ? generator.bytes(200) : frame(generator, 1));
  await page.closed();
  leave(page);
}

function leave(page: RawClient): void {
  for (const answer of page.frames) checkTellsNothing(JSON.stringify(answer));
  page.socket.terminate();
}

function frame(generator: ValueGenerator, id: number): string {
  const { random } = generator;
  const methods = Object.keys(methodTable) as MethodName[];
  const method = random.pick(methods);
  const params = rightParams[method] ?? {};
  const call = { jsonrpc: "2.0", id, method, params: random.chance(0.9) ? generator.mutate(params) : params };
  const text = JSON.stringify(random.chance(0.2) ? generator.mutate(call) : call) ?? "";
  // Longer ones end the connection: that is right, and has tests of its own.
  const cut = random.chance(0.1) ? generator.mutateBytes(Buffer.from(text)).toString() : text;
  return cut.slice(0, 60_000);
}
