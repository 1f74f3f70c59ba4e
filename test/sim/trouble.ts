import type { Bank } from "../support/bank.ts";
import type { Shop } from "../support/shop.ts";
import { type ExtraTrouble, makeExtraTrouble } from "./extra-trouble.ts";
import { faultOf, refusalOf } from "./fault-plan.ts";
import type { PortalAct } from "./plan.ts";
import { paymentIdOf } from "./promises.ts";
import type { Stage } from "./stage.ts";

const hourMs = 3_600_000;

/** All that goes wrong by itself. `troubled`: the numbers of the calls that do, as they come up. */
export function makeTrouble(stage: Stage): { readonly troubled: readonly number[]; readonly extra: ExtraTrouble } {
  const troubled: number[] = [];
  troubleNetwork(stage, troubled);
  troubleDisk(stage);
  moveClock(stage);
  visitPortal(stage);
  const extra = makeExtraTrouble(stage);
  const { bank } = stage.shop;
  const { fate } = bank;
  if (stage.plan.extra) bank.fate = (operation, reference) => extra.fate(operation) ?? fate(operation, reference);
  return { troubled, extra };
}

/** The disk is well. */
export function calm({ disk }: Shop): void {
  disk.trouble = undefined;
  disk.writeMs = 2;
}

function troubleNetwork({ plan, shop: { bank }, tally, tell }: Stage, troubled: number[]): void {
  let calls = 0;
  bank.limited = plan.limited;
  bank.cancelsStick = plan.cancelsStick;
  bank.fate = (operation, reference) => {
    const fate = faultOf(plan, calls, operation);
    tally.add(`call ${operation}`);
    if (fate.kind !== "ok") {
      troubled.push(calls);
      tally.add(`fate ${fate.kind}`);
    }
    tell?.("MobilePay", `${operation} ${paymentIdOf(reference)}: ${fate.kind}`);
    calls += 1;
    return fate;
  };
  bank.refuse = (operation) => {
    const code = refusalOf(plan, calls, operation);
    if (code === undefined) return undefined;
    tally.add(`refusal ${code}`);
    tell?.("MobilePay", `refuses ${operation}: ${code}`);
    return code;
  };
}

function troubleDisk({ plan, shop, tally, tell }: Stage): void {
  const { disk, world } = shop;
  disk.readMs = plan.readMs;
  for (const { atMs, forMs, does } of plan.disk) {
    void world.sleep(atMs).then(async () => {
      tally.add(`disk ${typeof does === "number" ? "slow" : does}`);
      tell?.("disk", typeof does === "number" ? `takes ${does} ms for each write` : does);
      if (typeof does === "number") disk.writeMs = does;
      else disk.trouble = does;
      await world.sleep(forMs);
      tell?.("disk", "well again");
      calm(shop);
    });
  }
}

function moveClock({ plan, shop: { world }, promises, tell }: Stage): void {
  for (const { atMs, byMs } of plan.clockJumps) {
    void world.sleep(atMs).then(() => {
      tell?.("power", `the till's clock jumps by ${Math.round(byMs / hourMs)} hours`);
      promises.clockJumped = true;
      world.wallOffMs += byMs;
    });
  }
}

/** Somebody acts in MobilePay's portal, at a time or just when a decision is stored. */
function visitPortal({ plan, shop, tally, tell }: Stage): void {
  const { bank, disk, world } = shop;
  const act = (does: Stage["plan"]["portal"][number]["does"]) => {
    const reference = [...bank.accounts.keys()].at(-1);
    if (reference === undefined) return;
    tally.add(`portal ${does}`);
    tell?.("person", `${does} of ${paymentIdOf(reference)} in MobilePay's portal`);
    inPortal(bank, does, reference);
  };
  const atDecision = plan.portal.filter(({ atMs }) => atMs === "atDecision");
  disk.onWritten = (types, subject) => {
    tell?.("disk", `${subject}: ${types.join(", ")}`);
    if (types.includes("decided")) for (const { does } of atDecision.splice(0)) act(does);
  };
  for (const { atMs, does } of plan.portal) if (atMs !== "atDecision") void world.sleep(atMs).then(() => act(does));
}

function inPortal(bank: Bank, does: PortalAct, reference: string): void {
  const whole = bank.accounts.get(reference)?.amount.value ?? 0;
  const part = Math.ceil(whole / 3);
  switch (does) {
    case "captureAndRefund":
      bank.inPortal("capture", reference);
      return bank.inPortal("refund", reference);
    case "capturePart":
      return bank.inPortal("capture", reference, part);
    case "captureAndCancelParts":
      bank.inPortal("capture", reference, part);
      return bank.inPortal("cancel", reference);
    case "captureAndRefundParts":
      bank.inPortal("capture", reference, part);
      return bank.inPortal("refund", reference, part);
    case "refundAll":
      return bank.inPortal("refund", reference, whole);
    default:
      return bank.inPortal(does, reference);
  }
}
