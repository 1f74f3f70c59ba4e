import { BridgeError } from "../../daemon/protocol/errors.ts";
import { hasTrait } from "../../daemon/payments/payment/state-traits.ts";
import { saleTotal } from "./pos.ts";
import type { Stage } from "./stage.ts";

const wellMs = 60_000;
const pages = ["page", "second", "rival"] as const;

/**
 * MobilePay and the disk are well, and nobody stands at the till: a minute later the till can sell, and every payment is over, or moves,
 * or stands before a person with a choice.
 */
export async function checkLiveness(stage: Stage): Promise<void> {
  const { shop } = stage;
  for (const page of pages) shop.leave(page);
  await shop.world.pass(wellMs);
  if (!shop.ready) return;
  // The till writes again by itself within seconds of a failed write; this world's journal does so when it is asked.
  await shop.act(() => shop.journal.store.ready()).catch(() => undefined);
  if (!shop.ready) return;
  if (shop.payments.isBusy) stage.promises.breaks("live", "no sale can be started: the till is busy with another");
  for (const lost of strandedPayments(stage)) stage.promises.breaks("live", lost);
  if (stage.plan.extra) await sellOnceMore(stage);
}

/** Neither over, nor asked about, nor before a person who can do something. */
export function strandedPayments({ shop, promises }: Stage): string[] {
  const listed = new Map(shop.payments.recoveryItems().map((item) => [item.paymentId, item]));
  return [...shop.disk.rows].flatMap(([paymentId, { state, open }]) => {
    const item = listed.get(paymentId);
    const isBeforeAPerson = item && (item.choices.length > 0 || item.decision !== undefined);
    if (!open || hasTrait(state, "needsMobilePay") || isBeforeAPerson || promises.damaged.has(paymentId)) return [];
    return [`${paymentId} is ${state}, and nobody is asked what to do`];
  });
}

async function sellOnceMore({ shop, promises }: Stage): Promise<void> {
  const paymentId = "probe-99-1";
  const order = { paymentId, sale: { saleId: "sale-99", total: saleTotal }, amount: saleTotal };
  const answer = await shop.act((payments) =>
    payments.start({ ...order, customer: { by: "screenQr" } }, shop.page("probe")).catch((error: unknown) => {
      if (error instanceof BridgeError) return error;
      throw error;
    }),
  );
  if (answer instanceof BridgeError) promises.breaks("live", `no sale can be started: ${answer.code}`);
  shop.leave("probe");
}
