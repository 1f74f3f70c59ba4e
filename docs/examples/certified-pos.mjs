// A program for `tillbridge certify`: does what it is told on its input, and says what came of it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Pos } from "./pos.mjs";

const { TILLBRIDGE_URL: url, TILLBRIDGE_TOKEN: token, TILLBRIDGE_MEMORY: folder = "." } = process.env;
const file = join(folder, "memory.json");
const memory = {
  read: () => (existsSync(file) ? readFileSync(file, "utf8") : undefined),
  write: (text) => writeFileSync(file, text),
};
const pos = new Pos({ url, token, memory });

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  const { saleId, refundId } = order;
  void pos.do(order).then((said) => {
    if (order.do !== "cancel") console.log(JSON.stringify({ saleId, refundId, ...said }));
  });
}
pos.close();
