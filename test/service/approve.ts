// Runs in the machine: the customer approves on his phone. Its argument is the payment's reference.
const answer = await fetch("http://127.0.0.1:8460/simulator/phone/approve", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ reference: process.argv[2] }),
});
const text = await answer.text();
if (!text.includes('"approved"')) throw new Error(text);
