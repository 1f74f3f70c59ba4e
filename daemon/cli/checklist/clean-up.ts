import type { MobilePay } from "../../mobilepay/client.ts";
import type { World } from "../../world.ts";
import { pauseMs } from "./trial-calls.ts";

type Gateway = MobilePay["gateway"];

/** Two minutes of an away MobilePay; what is left after that is named. */
const looksMax = 60;
/** A request that was sent may come late. */
const notFoundMin = 3;
/** One a minute less than MobilePay allows for a payment. */
const refusalsMax = 4;

/** Gives back what is taken and lets go of what is reserved or asked for. Answers whether nothing is left. */
export async function cleanUp(reference: string, gateway: Gateway, world: World): Promise<boolean> {
  let missing = 0;
  let refusals = 0;
  for (let looks = 1; looks <= looksMax && refusals <= refusalsMax; looks += 1) {
    const seen = await gateway.getPayment(reference);
    if (seen.kind === "notFound") missing += 1;
    if (missing >= notFoundMin) return true;
    if (seen.kind !== "ok") await world.sleep(pauseMs);
    else if (isClean(seen.value)) return true;
    else if (!(await undo(seen.value, refusals, gateway))) {
      refusals += 1;
      await world.sleep(pauseMs);
    }
  }
  return false;
}

type Seen = Extract<Awaited<ReturnType<Gateway["getPayment"]>>, { readonly kind: "ok" }>["value"];

function isClean({ state, authorized, captured, cancelled, refunded }: Seen): boolean {
  return state !== "CREATED" && captured <= refunded && authorized <= captured + cancelled;
}

/** The key says how much was left, so that a refund whose answer was lost is never made twice. Answers whether it was done. */
async function undo(seen: Seen, refusals: number, gateway: Gateway): Promise<boolean> {
  const { reference, amount, captured, refunded } = seen;
  const value = captured - refunded;
  const attempt = refusals + 1;
  if (value === 0) return (await gateway.cancel(reference, `${reference}-x${attempt}`, false)).kind === "ok";
  const body = gateway.amountBody({ currency: amount.currency, value });
  return (await gateway.refund({ reference, key: `${reference}-b${value}-${attempt}`, body })).kind === "ok";
}
