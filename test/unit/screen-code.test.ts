import { expect, test } from "vitest";
import { Shop } from "../support/shop.ts";

// A code on the screen comes with the answer to the request alone: what MobilePay shows of a payment later names another page.

function loseNextCreate({ bank }: Shop): void {
  bank.fate = (operation) => {
    if (operation !== "create") return { kind: "ok", latencyMs: 0 };
    bank.fate = () => ({ kind: "ok", latencyMs: 0 });
    return { kind: "lostAfter", latencyMs: 0 };
  };
}

const requests = (shop: Shop) => {
  const sent: unknown[] = [];
  shop.onRequest = (request) => void (request.operation === "create" && sent.push(request));
  return sent;
};

test("the answer is lost: exactly the same is sent again, and the code is shown", async () => {
  const shop = new Shop();
  const sent = requests(shop);
  loseNextCreate(shop);
  await shop.start();
  const payment = await shop.until("waitingForApproval");
  expect(payment.screenQr).toEqual({ content: expect.stringMatching(/^https:/) });
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
});

test("the answer is lost with the power: the page takes the sale up again, and the code is shown", async () => {
  const shop = new Shop();
  shop.bank.onLanded = () => shop.kill();
  await shop.start();
  await shop.world.passUntil(() => !shop.life.alive, 60_000);
  shop.bank.onLanded = () => undefined;
  await shop.restart();
  await shop.start();
  expect((await shop.until("waitingForApproval")).screenQr).toBeDefined();
});

test("and then the sale goes on as any other", async () => {
  const shop = new Shop();
  loseNextCreate(shop);
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve("kassa1-payment-1");
  await shop.until("paid");
});
