// A POS without a screen, for `tillbridge certify`: does what it is told on its input, and says what came of it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "tillbridge/client";

const { TILLBRIDGE_URL: url, TILLBRIDGE_TOKEN: token, TILLBRIDGE_MEMORY: folder = "." } = process.env;
const file = join(folder, "memory.json");
const memory = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
const notPaid = ["cancelled", "rejected", "expired", "failed", "needsDecision", "refunded"];
const open = new Map();

const till = connect({
  url,
  token,
  client: { name: "certified POS", version: "1" },
  // The till may have lost power meanwhile. Unless the POS says that it still shows the sale, the sale is given up.
  onState({ name }) {
    if (name === "ready") for (const { takeUp } of open.values()) takeUp().catch(() => undefined);
  },
  onEvent({ event, params }) {
    if (event === "payment.changed") open.get(params.payment.paymentId)?.look(params.payment);
    if (event === "refund.changed") open.get(params.refund.refundId)?.look(params.refund);
  },
});

const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);

/** Kept before the call: the same sale is the same payment, also after a restart. */
function remembered(saleId) {
  memory[saleId] ??= crypto.randomUUID();
  writeFileSync(file, JSON.stringify(memory));
  return memory[saleId];
}

/** The first state that is one of these, by the answer or by an event. */
async function until(id, states, start) {
  const found = Promise.withResolvers();
  const look = (it) => states.includes(it.state) && found.resolve(it);
  const takeUp = async () => look(await start());
  open.set(id, { look, takeUp });
  try {
    await takeUp();
    return await found.promise;
  } finally {
    open.delete(id);
  }
}

async function sell({ saleId, value, phoneNumber }) {
  const paymentId = remembered(saleId);
  const amount = { currency: "DKK", value };
  const order = { paymentId, sale: { saleId, total: amount }, amount, customer: { by: "phone", phoneNumber } };
  const ends = ["paid", "completed", ...notPaid];
  const payment = await until(paymentId, ends, () => till.call("payment.start", order));
  if (notPaid.includes(payment.state)) return say({ saleId, outcome: "notPaid" });
  const receiptNumber = `R-${saleId}`;
  await till.call("payment.complete", { paymentId, receiptNumber });
  say({ saleId, outcome: "paid", receiptNumber });
}

async function refund({ refundId, receiptNumber, value }) {
  const order = { refundId, receiptNumber, amount: { currency: "DKK", value } };
  const { state } = await until(refundId, ["refunded", "failed"], () => till.call("refund.start", order));
  say({ refundId, outcome: state === "refunded" ? "refunded" : "refused" });
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  const failed = () => say({ ...order, outcome: order.do === "refund" ? "refused" : "notPaid" });
  if (order.do === "sell") sell(order).catch(failed);
  if (order.do === "refund") refund(order).catch(failed);
  // Too late to cancel is no mistake: the sale says how it ended.
  if (order.do === "cancel")
    till.call("payment.cancel", { paymentId: remembered(order.saleId) }).catch(() => undefined);
}
till.close();
