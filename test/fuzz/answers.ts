import { paymentBody, text } from "../support/hostile-platform.ts";
import {
  paymentCallNames,
  paymentCalls,
  quickDeadlines,
  reference,
  startMobilePayRig,
} from "../support/mobilepay-rig.ts";
import type { ValueGenerator } from "./value-generator.ts";
import { checkTellsNothing, type FuzzTarget } from "./target.ts";

const statuses = [200, 200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 409, 423, 429, 500, 503];

/** MobilePay's answers, spoilt: a call always ends in an outcome, and sums that cannot be are not believed. */
export async function answersTarget(): Promise<FuzzTarget> {
  const rig = await startMobilePayRig({ deadlinesMs: quickDeadlines });
  return {
    name: "answers",
    async run(generator) {
      const { random } = generator;
      const name = random.pick(paymentCallNames);
      rig.platform.answer(text(random.pick(statuses), bodyOf(generator), { "content-type": "application/json" }));
      const outcome: unknown = await paymentCalls[name](rig.mobilePay);
      checkTellsNothing(JSON.stringify(outcome));
      checkSums(outcome);
      rig.platform.requests.length = 0;
    },
    close: () => rig.close(),
  };
}

function bodyOf(generator: ValueGenerator): string {
  const { random } = generator;
  const right = paymentBody(reference, { captured: random.pick([0, 1000, 4990]), refunded: random.pick([0, 1000]) });
  const problem = { title: "No", status: 400, traceId: "t", extraDetails: [{ name: "ErrorCode", reason: "4010" }] };
  const event = {
    reference,
    name: "CAPTURED",
    amount: { currency: "DKK", value: 1 },
    idempotencyKey: "k",
    success: true,
  };
  const whole = random.pick<unknown>([right, right, problem, [event]]);
  let spoilt = whole;
  for (let times = generator.whole(4); times > 0; times -= 1) spoilt = generator.mutate(spoilt);
  const body = Buffer.from(JSON.stringify(spoilt) ?? "");
  return (random.chance(0.3) ? generator.mutateBytes(body) : body).toString();
}

interface Sums {
  readonly reference: string;
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly cancelled: number;
}

/** Only an outcome that was believed has sums. */
function checkSums(outcome: unknown): void {
  const { value } = outcome as { value?: Partial<Sums> };
  if (typeof value !== "object" || value === null || value.captured === undefined) return;
  const { authorized = 0, captured = 0, refunded = 0, cancelled = 0 } = value;
  const sums = [authorized, captured, refunded, cancelled];
  if (value.reference !== reference) throw new Error("an answer about another payment was believed");
  if (
    !sums.every((sum) => Number.isSafeInteger(sum) && sum >= 0) ||
    captured + cancelled > authorized ||
    refunded > captured
  )
    throw new Error(`sums that cannot be were believed: ${JSON.stringify(value)}`);
}
