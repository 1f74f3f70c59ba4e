import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { pauseBetweenStartsMs, rounded, type Sample, sampleOf, timed } from "./figures.ts";
import { type BenchTill, openBenchTill } from "./till.ts";

/** What a till feels, with so many old payments in its journal. Milliseconds, and megabytes for memory. */
export interface TillFigures {
  readonly start: Sample;
  readonly roundTrip: Sample;
  readonly startAcknowledged: Sample;
  readonly scan: Sample;
  readonly approvedToPaid: Sample;
  /** A page and a scanner are connected, nothing was sold yet. */
  readonly idleMegabytes: number;
  /** After the sales of this benchmark. */
  readonly soldMegabytes: number;
}

const amount = { currency: "DKK" as const, value: 4990 };

export async function measureTill(folder: string): Promise<TillFigures> {
  const till = await openBenchTill(folder);
  await setTimeout(3000);
  const idleMegabytes = rounded(await till.residentMegabytes());
  await sell(till);
  const figures = {
    start: sampleOf(till.startMs),
    roundTrip: sampleOf(await timed(3000, () => till.client.call("till.get", {}))),
    startAcknowledged: sampleOf(await starts(till)),
    scan: sampleOf(await scans(till)),
    approvedToPaid: sampleOf(await sales(till)),
    idleMegabytes,
    soldMegabytes: rounded(await till.residentMegabytes()),
  };
  await till.close();
  return figures;
}

/** From the call to its answer: by then the payment is on disk. */
async function starts({ client }: BenchTill): Promise<number[]> {
  let last: string | undefined;
  const values: number[] = [];
  for (let index = 0; index < 330; index += 1) {
    if (last !== undefined) await client.call("payment.cancel", { paymentId: last });
    await setTimeout(pauseBetweenStartsMs);
    const paymentId = randomUUID();
    const order = {
      paymentId,
      sale: { saleId: paymentId, total: amount },
      amount,
      customer: { by: "customerQr" as const },
    };
    const from = performance.now();
    await client.call("payment.start", order);
    if (index >= 30) values.push(performance.now() - from);
    last = paymentId;
  }
  if (last !== undefined) await client.call("payment.cancel", { paymentId: last });
  return values;
}

async function scans({ scanner, next }: BenchTill): Promise<number[]> {
  return timed(300, async (index) => {
    const data = `57012345${String(index).padStart(5, "0")}`;
    const read = next(({ event, params }) => event === "scan.read" && params.data === data);
    await scanner.write(`${data}\r`);
    await read;
  });
}

/** From the customer's thumb to the event that the money is taken: two calls to MobilePay and up to a second until it is asked. */
async function sales(till: BenchTill): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < 20; index += 1) values.push(await sell(till));
  return values;
}

async function sell({ client, simulator, next }: BenchTill): Promise<number> {
  const paymentId = randomUUID();
  const when = (state: string) =>
    next(
      ({ event, params }) =>
        event === "payment.changed" && params.payment.paymentId === paymentId && params.payment.state === state,
    );
  const waiting = when("waitingForApproval");
  await client.call("payment.start", {
    paymentId,
    sale: { saleId: paymentId, total: amount },
    amount,
    customer: { by: "phone", phoneNumber: "4500000001" },
  });
  const asked = await waiting;
  // Anywhere between two questions.
  await setTimeout(Math.random() * 1000);
  const paid = when("paid");
  const from = performance.now();
  if (asked.event === "payment.changed") simulator.platform.phone.approve(asked.params.payment.reference);
  await paid;
  const took = performance.now() - from;
  await client.call("payment.complete", { paymentId, receiptNumber: paymentId });
  return took;
}
