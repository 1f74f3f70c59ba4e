// Sells for 49.90 to the simulated customer 4500000001: node docs/examples/first-sale.mjs ws://127.0.0.1:8455/v1 < token
import { text } from "node:stream/consumers";
import { connect } from "tillbridge/client";

const [url] = process.argv.slice(2);
const token = (await text(process.stdin)).trim();
const amount = { currency: "DKK", value: 4990 };
const paymentId = crypto.randomUUID();

const till = connect({
  url,
  token,
  client: { name: "first sale", version: "1" },
  onState: ({ name }) => console.log(name),
  onEvent({ event, params }) {
    if (event !== "payment.changed" || params.payment.paymentId !== paymentId) return;
    const { state } = params.payment;
    console.log(state);
    if (state === "waitingForApproval") console.log("Approve it on the phone.");
    if (state === "paid") void makeReceipt();
    if (["rejected", "cancelled", "expired", "failed"].includes(state)) till.close();
  },
});
const sale = { saleId: "my first sale", total: amount };
await till.call("payment.start", { paymentId, sale, amount, customer: { by: "phone", phoneNumber: "4500000001" } });

async function makeReceipt() {
  await till.call("payment.complete", { paymentId, receiptNumber: "1" });
  till.close();
}
