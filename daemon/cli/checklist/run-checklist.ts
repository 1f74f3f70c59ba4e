import type { Money, Receipt } from "../../protocol/values.ts";
import { answered, pauseMs, StepFailed, type TrialTools } from "./trial-calls.ts";

/** What MobilePay's checklist wants to see, in its order. */
export const lineNames = [
  "create",
  "get",
  "events",
  "cancelRequest",
  "cancelReservation",
  "captureAll",
  "captureParts",
  "refundAll",
  "refundParts",
] as const;
export type LineName = (typeof lineNames)[number];

/** What came of one line. `at`: RFC 3339, when it was done. */
export interface DoneLine {
  readonly reference: string;
  readonly at: string;
  readonly outcome: "done" | "failed";
  readonly says: string;
}

export type DoneLines = ReadonlyMap<LineName, DoneLine>;

export interface ChecklistRun extends TrialTools {
  /** Four, one for each story. */
  readonly references: readonly string[];
  readonly amount: Money;
  /** A part of `amount`. */
  readonly part: number;
  /** Whose app is asked. Without it a code is shown for the app to scan. */
  readonly phoneNumber?: string;
  /** MobilePay's test environment, where approval can be forced. */
  readonly isTest: boolean;
  readonly tell: (line: string) => void;
  readonly showCode: (content: string) => Promise<void>;
}

/** Approving takes at most ten minutes, by MobilePay's clock. */
const approvalLooksMax = 310;
const logLooksMax = 5;

/** Makes four payments and does to them all that a till does. One that fails keeps none of the others from being tried. */
export async function runChecklist(run: ChecklistRun): Promise<DoneLines> {
  const done = new Map<LineName, DoneLine>();
  const stories = [giveUp, release, takeAll, takeParts];
  for (const [index, story] of stories.entries()) {
    const teller = new Teller(run, done, run.references[index] ?? "");
    await story(run, teller);
  }
  return done;
}

/** One story's payment, and the lines that it fills in. */
class Teller {
  readonly reference: string;
  readonly #run: ChecklistRun;
  readonly #done: Map<LineName, DoneLine>;
  #failed = false;

  constructor(run: ChecklistRun, done: Map<LineName, DoneLine>, reference: string) {
    this.#run = run;
    this.#done = done;
    this.reference = reference;
  }

  /** Does what fills in a line, unless the story has come to an end before. The first story that does a line stands in it. */
  async step(name: LineName, act: () => Promise<string>): Promise<void> {
    if (this.#failed) return;
    const [outcome, says] = await this.#outcomeOf(act);
    this.#failed = outcome === "failed";
    this.#run.tell(`${outcome === "done" ? "ok    " : "FAILED"} ${name} ${this.reference}: ${says}`);
    const before = this.#done.get(name);
    const at = new Date(this.#run.world.now()).toISOString();
    if (before?.outcome !== "done" || outcome === "failed")
      this.#done.set(name, { reference: this.reference, at, outcome, says });
  }

  async #outcomeOf(act: () => Promise<string>): Promise<["done" | "failed", string]> {
    try {
      return ["done", await act()];
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      return ["failed", error.message];
    }
  }
}

async function giveUp(run: ChecklistRun, teller: Teller): Promise<void> {
  await create(run, teller, "get");
  await teller.step("cancelRequest", async () => {
    const seen = await cancel(run, teller.reference);
    return must(seen.state === "TERMINATED", `${seen.state}, before the customer approved`);
  });
}

async function release(run: ChecklistRun, teller: Teller): Promise<void> {
  await create(run, teller, "create");
  await teller.step("cancelReservation", async () => {
    await approved(run, teller.reference);
    const { cancelled } = await cancel(run, teller.reference);
    return must(cancelled === run.amount.value, `CANCELLED ${shown(cancelled)}, after the customer approved`);
  });
}

async function takeAll(run: ChecklistRun, teller: Teller): Promise<void> {
  const { value } = run.amount;
  await create(run, teller, "create");
  await teller.step("captureAll", async () => {
    await approved(run, teller.reference);
    const { captured } = await move(run, teller.reference, "capture", value, "c1");
    return must(captured === value, `CAPTURED ${shown(captured)}`);
  });
  await teller.step("refundAll", async () => {
    const { refunded } = await move(run, teller.reference, "refund", value, "r1");
    return must(refunded === value, `REFUNDED ${shown(refunded)}`);
  });
}

async function takeParts(run: ChecklistRun, teller: Teller): Promise<void> {
  await create(run, teller, "create");
  await teller.step("captureParts", async () => {
    await approved(run, teller.reference);
    return inParts(run, teller.reference, "capture");
  });
  await teller.step("refundParts", () => inParts(run, teller.reference, "refund"));
  await teller.step("events", async () => {
    const names = await eventNames(run, teller.reference);
    return must(isWholeLog(names), names.join(", "));
  });
}

/** `name`: the line that it fills in beside `create`, which every story does. */
async function create(run: ChecklistRun, teller: Teller, name: "create" | "get"): Promise<void> {
  const { reference } = teller;
  const { gateway } = run.mobilePay;
  const { amount, phoneNumber } = run;
  const customer = phoneNumber === undefined ? ({ by: "screenQr" } as const) : ({ by: "phone", phoneNumber } as const);
  const description = `Go-live checklist ${reference.slice(-1)}`;
  const body = gateway.createBody({ reference, amount, customer, description, receipt: receiptOf(run, description) });
  await teller.step("create", async () => {
    const { qrContent } = await answered(() => gateway.create({ reference, key: `${reference}-n`, body }), run);
    if (name === "create" && qrContent !== undefined) await run.showCode(qrContent);
    return `CREATED ${shown(amount.value)}, ${phoneNumber === undefined ? "QR" : "PUSH_MESSAGE"}, CUSTOMER_PRESENT`;
  });
  if (name === "create") return;
  await teller.step("get", async () => {
    const { state } = await answered(() => gateway.getPayment(reference), run);
    return must(state === "CREATED", state);
  });
}

function receiptOf({ amount: { currency, value } }: ChecklistRun, name: string): Receipt {
  const line = { name, id: "1", totalAmount: value, totalAmountExcludingTax: value, totalTaxAmount: 0, taxRate: 0 };
  return { orderLines: [line], bottomLine: { currency } };
}

/** Has it approved: by MobilePay itself in its test environment, else by a person in the app. */
async function approved(run: ChecklistRun, reference: string): Promise<void> {
  const { mobilePay, phoneNumber, world, stop } = run;
  const forced =
    run.isTest && phoneNumber !== undefined && (await mobilePay.trial.forceApprove(reference, phoneNumber));
  if (!forced)
    run.tell(`       Approve ${reference} (${shown(run.amount.value)} ${run.amount.currency}) in the app now.`);
  for (let looks = 1; looks <= approvalLooksMax && !stop.aborted; looks += 1) {
    const { state } = await answered(() => mobilePay.gateway.getPayment(reference), run);
    if (state === "AUTHORIZED") return;
    if (state !== "CREATED") throw new StepFailed(`not approved: ${state}`);
    await world.sleep(pauseMs, stop);
  }
  throw new StepFailed("not approved in time");
}

function cancel({ mobilePay: { gateway }, ...run }: ChecklistRun, reference: string) {
  return answered(() => gateway.cancel(reference, `${reference}-w`, false), run);
}

function move(run: ChecklistRun, reference: string, what: "capture" | "refund", value: number, suffix: string) {
  const { gateway } = run.mobilePay;
  const body = gateway.amountBody({ currency: run.amount.currency, value });
  return answered(() => gateway[what]({ reference, key: `${reference}-${suffix}`, body }), run);
}

async function inParts(run: ChecklistRun, reference: string, what: "capture" | "refund"): Promise<string> {
  const sum = what === "capture" ? "captured" : "refunded";
  const rest = run.amount.value - run.part;
  const first = await move(run, reference, what, run.part, `${what[0]}1`);
  must(first[sum] === run.part, `${sum} ${shown(first[sum])} after ${shown(run.part)}`);
  const second = await move(run, reference, what, rest, `${what[0]}2`);
  return must(second[sum] === run.amount.value, `${sum.toUpperCase()} ${shown(run.part)}, then ${shown(rest)}`);
}

/** The log may come a little after the answers to the calls. */
async function eventNames({ mobilePay, ...run }: ChecklistRun, reference: string): Promise<readonly string[]> {
  let looks = 0;
  return answered(async () => {
    const value = await mobilePay.trial.eventNames(reference);
    looks += 1;
    const isLate = value === undefined || (!isWholeLog(value) && looks < logLooksMax);
    return isLate ? { kind: "unknown" } : { kind: "ok", value };
  }, run);
}

function isWholeLog(names: readonly string[]): boolean {
  const wanted = ["AUTHORIZED", "CAPTURED", "CAPTURED", "CREATED", "REFUNDED", "REFUNDED"];
  return names.toSorted().join() === wanted.join();
}

function must(holds: boolean, says: string): string {
  if (!holds) throw new StepFailed(`MobilePay says ${says}`);
  return says;
}

/** Minor units as people write them. */
function shown(minor: number): string {
  return (minor / 100).toFixed(2);
}
