import type { Plan, SalePlan } from "./plan.ts";
import { type Outcome, play } from "./story.ts";

const triesMax = 600;

/** A simpler plan that breaks the same promise: parts are taken away, one after the other, as long as it still does. */
export async function shrink(plan: Plan): Promise<Plan> {
  const first = await outcomeOf(plan);
  const kinds = new Set(first.faults.map(kindOf));
  const fails = async (candidate: Plan) =>
    (await outcomeOf(candidate)).faults.some((fault) => kinds.has(kindOf(fault)));
  let smallest: Plan = { ...plan, network: { ...plan.network, calls: first.troubled } };
  if (!(await fails(smallest))) smallest = plan;
  let tries = 0;
  for (let smaller: Plan | undefined = smallest; smaller && tries < triesMax; ) {
    smaller = undefined;
    for (const candidate of simpler(smallest)) {
      tries += 1;
      if (tries >= triesMax || !(await fails(candidate))) continue;
      smaller = candidate;
      smallest = candidate;
      break;
    }
  }
  return smallest;
}

/** Which promise was broken: the fault without its numbers. */
function kindOf(fault: string): string {
  return fault.replaceAll(/\d+/g, "").replaceAll("rival", "payment");
}

async function outcomeOf(plan: Plan): Promise<Pick<Outcome, "faults" | "troubled">> {
  try {
    return await play(plan);
  } catch (error) {
    return { faults: [`thrown: ${error instanceof Error ? error.message : String(error)}`], troubled: [] };
  }
}

/** Plans with one part less, or one part calmer. The biggest parts first. */
function* simpler(plan: Plan): Generator<Plan> {
  if (plan.extra) yield { ...plan, extra: undefined };
  for (const sales of without(plan.sales)) if (sales.length > 0) yield { ...plan, sales };
  for (const kills of without(plan.kills)) yield { ...plan, kills };
  for (const disk of without(plan.disk)) yield { ...plan, disk };
  for (const portal of without(plan.portal)) yield { ...plan, portal };
  for (const sweeps of without(plan.sweeps)) yield { ...plan, sweeps };
  for (const clockJumps of without(plan.clockJumps)) yield { ...plan, clockJumps };
  for (const calls of without(plan.network.calls ?? [])) yield { ...plan, network: { ...plan.network, calls } };
  yield* calmer(plan, {
    refusals: 0,
    limited: false,
    cancelsStick: false,
    webhooks: false,
    capture: "onApproval",
    readMs: 0.5,
  });
  if (plan.network.veryLate) yield { ...plan, network: { ...plan.network, veryLate: false } };
  for (const [index, kill] of plan.kills.entries())
    for (const calm of calmer(kill, { imageTenths: undefined, powerCut: false, offMs: 1000 }))
      yield { ...plan, kills: plan.kills.with(index, calm) };
  for (const [index, sale] of plan.sales.entries())
    for (const calm of simplerSales(sale)) yield { ...plan, sales: plan.sales.with(index, calm) };
}

function* simplerSales(sale: SalePlan): Generator<SalePlan> {
  for (const pages of without(sale.pages)) yield { ...sale, pages };
  for (const reloads of without(sale.reloads)) yield { ...sale, reloads };
  for (const refundTenths of without(sale.refundTenths)) yield { ...sale, refundTenths };
  yield* calmer(sale, {
    repeats: false,
    goneAtMs: undefined,
    cancelAtMs: undefined,
    changesMind: false,
    ringsUpAsNew: false,
    triesAgain: false,
    customerBy: "screenQr",
  });
  for (const customer of calmer(sale.customer, { afterMs: 1000, processingMs: 0, comesAtMs: 1000, does: "approve" }))
    yield { ...sale, customer };
}

/** The list without its second half, without its first, and without each of its elements. */
function* without<Value>(values: readonly Value[]): Generator<Value[]> {
  const half = Math.ceil(values.length / 2);
  if (values.length > 2) {
    yield values.slice(0, half);
    yield values.slice(half);
  }
  for (const index of values.keys()) yield values.toSpliced(index, 1);
}

function* calmer<Part extends object>(part: Part, calm: Partial<Part>): Generator<Part> {
  for (const name of Object.keys(calm) as (keyof Part)[])
    if (part[name] !== calm[name]) yield { ...part, [name]: calm[name] };
}
