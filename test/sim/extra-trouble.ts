import type { DamagedRow } from "../support/journal-file.ts";
import type { PlannedFault } from "../support/bank.ts";
import type { Extra, RowChange } from "./extra.ts";
import { Neighbour } from "./neighbour.ts";
import { saleTotal } from "./pos.ts";
import { paymentIdOf } from "./promises.ts";
import type { Stage } from "./stage.ts";

/** What an extra does while the story goes on. */
export interface ExtraTrouble {
  /** From now on nothing begins any more. */
  isArmed: boolean;
  /** What lasts, and must be over before anything can come to rest. */
  underWay: number;
  /** What MobilePay does to a call instead of what the plan says. */
  fate: (operation: string) => PlannedFault | undefined;
  readonly neighbour?: Neighbour;
}

/** Brings about the one trouble beside the common ones. */
export function makeExtraTrouble(stage: Stage): ExtraTrouble {
  const { extra } = stage.plan;
  const trouble: ExtraTrouble = { isArmed: true, underWay: 0, fate: () => undefined };
  switch (extra?.kind) {
    case "told":
      atWrite(stage, extra.write, trouble, () => refuseWrites(stage, extra, trouble));
      return trouble;
    case "hangs":
      atWrite(stage, extra.write, trouble, () => failDisk(stage, "hangs", extra.forMs, trouble));
      return trouble;
    case "outage":
      atLanding(stage, extra, trouble);
      return trouble;
    case "answered":
      atWritten(stage, extra.write, trouble, () => loseJournal(stage, extra.awayMs, trouble));
      return trouble;
    case "badRow":
    case "laterVersion":
      atWritten(stage, extra.write, trouble, (paymentId) => changeRow(stage, paymentId, extra));
      return trouble;
    case "portalParts":
    case "receipts":
      for (const { atMs, does, tenths } of extra.acts)
        void later(stage, atMs, trouble, () => visitPortal(stage, does, tenths));
      return trouble;
    case "sleeps":
      void later(stage, extra.atMs, trouble, () => fallAsleep(stage, extra.forMs, trouble));
      return trouble;
    case "twoTills":
    case "twins":
      return { ...trouble, neighbour: new Neighbour(stage, extra) };
    case "live":
      refuseForEver(stage, extra, trouble);
      return trouble;
    default:
      return trouble;
  }
}

async function later(stage: Stage, ms: number, trouble: ExtraTrouble, act: () => unknown): Promise<void> {
  await stage.shop.world.sleep(ms);
  if (trouble.isArmed) act();
}

/** Nothing comes to rest before it is over. */
async function lasting(trouble: ExtraTrouble, work: Promise<void>): Promise<void> {
  trouble.underWay += 1;
  await work;
  trouble.underWay -= 1;
}

function fallAsleep({ shop, tell }: Stage, forMs: number, trouble: ExtraTrouble): void {
  tell?.("power", `the computer sleeps for ${Math.round(forMs / 1000)} s`);
  void lasting(trouble, shop.life.suspend(shop.world, forMs));
}

/** Once, when an event of this type is about to be written. */
function atWrite({ shop: { disk } }: Stage, type: string, trouble: ExtraTrouble, act: () => void): void {
  disk.onWriting = (types) => {
    if (!trouble.isArmed || !types.includes(type)) return;
    disk.onWriting = () => {};
    act();
  };
}

/** Once, when an event of this type is in the file. */
function atWritten(
  { shop: { disk } }: Stage,
  type: string,
  trouble: ExtraTrouble,
  act: (paymentId: string) => void,
): void {
  const before = disk.onWritten;
  disk.onWritten = (types, subject) => {
    before(types, subject);
    if (!trouble.isArmed || !types.includes(type)) return;
    disk.onWritten = before;
    act(subject);
  };
}

function refuseWrites(stage: Stage, extra: Extra & { kind: "told" }, trouble: ExtraTrouble): void {
  const { life } = stage.shop;
  if (extra.restartMs !== undefined) void later(stage, extra.restartMs, trouble, () => life.kill());
  failDisk(stage, extra.does, extra.forMs, trouble);
}

type DiskTrouble = Stage["shop"]["disk"]["trouble"];

function failDisk(stage: Stage, does: DiskTrouble, forMs: number, trouble: ExtraTrouble): void {
  void lasting(trouble, diskFails(stage, does, forMs));
}

async function diskFails({ shop, tell }: Stage, does: DiskTrouble, forMs: number): Promise<void> {
  tell?.("disk", `${does} for ${Math.round(forMs / 1000)} s`);
  shop.disk.trouble = does;
  await shop.world.sleep(forMs);
  tell?.("disk", "well again");
  shop.disk.trouble = undefined;
}

function atLanding(stage: Stage, extra: Extra & { kind: "outage" }, trouble: ExtraTrouble): void {
  const { bank } = stage.shop;
  const before = bank.onLanded;
  bank.onLanded = (operation, reference) => {
    before(operation, reference);
    if (!trouble.isArmed || operation !== extra.landed) return;
    bank.onLanded = before;
    if (extra.of === "mobilePay") void lasting(trouble, awayMobilePay(stage, extra.forMs, trouble));
    else failDisk(stage, extra.of, extra.forMs, trouble);
  };
}

async function awayMobilePay({ shop, tell }: Stage, forMs: number, trouble: ExtraTrouble): Promise<void> {
  tell?.("MobilePay", `is away for ${Math.round(forMs / 60_000)} min`);
  trouble.fate = () => ({ kind: "lostBefore", latencyMs: 5 });
  await shop.world.sleep(forMs);
  trouble.fate = () => undefined;
}

function loseJournal(stage: Stage, awayMs: number, trouble: ExtraTrouble): void {
  const { shop, promises, tell } = stage;
  tell?.("disk", "the journal is lost");
  promises.forgetful = true;
  shop.life.kill();
  shop.disk.keep(0);
  void lasting(trouble, awayMobilePay(stage, awayMs, trouble));
}

function changeRow(
  stage: Stage,
  paymentId: string,
  { row, change }: Extra & { kind: "badRow" | "laterVersion" },
): void {
  const { shop, promises, tell } = stage;
  const rows = shop.disk.payments.get(paymentId)?.length ?? 0;
  if (rows === 0) return;
  tell?.("disk", `row ${row % rows} of ${paymentId}: ${change}`);
  // Fields of a later version do no harm.
  if (change !== "fieldsAdded") promises.damaged.add(paymentId);
  shop.disk.damage(paymentId, row % rows, rowChanges[change]);
  shop.life.kill();
}

const rowChanges: Readonly<Record<RowChange, (row: DamagedRow) => DamagedRow>> = {
  bodyCut: (row) => ({ ...row, body: row.body.slice(0, row.body.length / 2) }),
  bodyEmpty: (row) => ({ ...row, body: "" }),
  fieldsGone: (row) => ({ ...row, body: "{}" }),
  atGone: (row) => ({ ...row, at: "yesterday" }),
  typeUnknown: (row) => ({ ...row, type: "tipped" }),
  fieldsAdded: (row) => ({
    ...row,
    body: row.body.replace(/\}$/, row.body === "{}" ? '"tip":1}' : ',"tip":{"minor":1}}'),
  }),
};

function visitPortal({ shop, tally, tell }: Stage, does: "cancel" | "capture" | "refund", tenths: number): void {
  const reference = [...shop.bank.accounts.keys()].at(-1);
  if (reference === undefined) return;
  tally.add(`portal ${does} in part`);
  tell?.("person", `${does} of ${tenths} tenths of ${paymentIdOf(reference)} in MobilePay's portal`);
  shop.bank.inPortal(does, reference, (saleTotal.value * tenths) / 10);
}

function refuseForEver({ shop }: Stage, { operation, code }: Extra & { kind: "live" }, trouble: ExtraTrouble): void {
  if (code === undefined) {
    trouble.fate = (called) => (called === operation ? { kind: "busy", latencyMs: 20 } : undefined);
    return;
  }
  const { refuse } = shop.bank;
  shop.bank.refuse = (called, reference) => (called === operation ? code : refuse(called, reference));
}
