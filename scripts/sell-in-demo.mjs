// A sale in a running demo, as its page and the customer's phone make one: node scripts/sell-in-demo.mjs http://127.0.0.1:8470
// The till is paired by a scan of its sticker, so that the scanner has its part in it.
import { WebSocket } from "ws";

const [demo = ""] = process.argv.slice(2);
const msMax = 60_000;
const amount = { currency: "DKK", value: 4990 };
const paymentId = crypto.randomUUID();

// A program has no origin of its own; the demo's page has, and its token is good for nothing without.
globalThis.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url, { origin: demo });
  }
};
const { connect } = await import("tillbridge/client");

async function main() {
  const world = await (await fetch(`${demo}/demo/outside`)).json();
  const heard = [];
  const onEvent = (event) => heard.push(event);
  const till = connect({
    url: world.daemonUrl,
    token: world.token,
    client: { name: "bare machine", version: "1" },
    onEvent,
  });

  await till.call("pairing.start", { timeoutSeconds: 60 });
  await post(`${demo}/demo/scan`, { sticker: true });
  const { content } = await event("pairing.tagRead", () => true);
  await till.call("pairing.register", { tag: content, locationDescription: "Counter" });

  const customer = { by: "phone", phoneNumber: world.phoneNumber };
  await till.call("payment.start", { paymentId, sale: { saleId: "sale-1", total: amount }, amount, customer });
  await event("payment.changed", ({ payment }) => payment.state === "waitingForApproval");
  await approve(new URL(world.phoneUrl).origin, world.phoneNumber);
  await event("payment.changed", ({ payment }) => payment.state === "paid");
  await till.call("payment.complete", { paymentId, receiptNumber: "1" });
  till.close();

  async function event(name, isIt) {
    const found = () => heard.find((one) => one.event === name && isIt(one.params))?.params;
    return until(name, found);
  }
}

async function approve(phone, phoneNumber) {
  const asked = async () => {
    const { payments } = await (await fetch(`${phone}/simulator/state`)).json();
    return payments.find(({ state }) => state === "CREATED")?.reference;
  };
  const reference = await until("the phone was asked", asked);
  await post(`${phone}/simulator/phone/approve`, { reference, phoneNumber });
}

async function until(what, find) {
  for (const end = Date.now() + msMax; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const found = await find();
    if (found !== undefined) return found;
  }
  throw new Error(`It did not come about in ${msMax / 1000} s: ${what}`);
}

async function post(url, body) {
  const headers = { "content-type": "application/json", origin: new URL(url).origin };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}

await main();
console.log("a sale of 49.90 is paid and completed");
