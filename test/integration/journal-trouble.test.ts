import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openJournal } from "../../daemon/journal/journal.ts";
import { realWorld } from "../../daemon/world.ts";
import { rowOf, started } from "../support/orders.ts";
import { Till, type TillOptions } from "../support/till.ts";

// What a POS page sees of a disk that fails: over the real socket, the program on a real disk, MobilePay's stand-in over HTTP.

let till: Till | undefined;
const mounted: string[] = [];

async function openTill(options: TillOptions): Promise<Till> {
  till = await Till.open(options);
  return till;
}

afterEach(async () => {
  for (const folder of mounted.splice(0)) execFileSync("umount", ["--lazy", folder]);
  await till?.close();
  till = undefined;
});

const journalFailed = expect.objectContaining({ code: "JOURNAL_FAILED" });

/** A write beyond the limit is to fail, not to end the process. */
const withoutSignal = ["bash", "-c", "trap '' XFSZ; exec \"$@\"", "bash"];

/** Any write beyond this many bytes of a file fails, as on a full disk. */
function limitFiles({ pid }: Till, bytes: number | "unlimited"): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
}

const onPhone = (paymentId: string) => ({
  paymentId,
  sale: { saleId: `sale-${paymentId}`, total: { currency: "DKK" as const, value: 4990 } },
});

function creates(open: Till): string[] {
  return open.simulator.requests
    .list("create")
    .map(({ body }) => (JSON.parse(body) as { reference: string }).reference);
}

describe("a disk that takes nothing more", () => {
  const full = { runs: "process", before: withoutSignal } as const;

  test("refuses a new payment before MobilePay hears of it, and the page is told why in words", async () => {
    const open = await openTill(full);
    limitFiles(open, 4096);
    await expect(open.start()).rejects.toEqual(journalFailed);
    const { journal } = await open.until("journal.changed");
    expect(journal).toEqual({ state: "failed", detail: expect.stringMatching(/^the disk/) });
    expect((await open.call("health.get", {})).journal).toEqual(journal);
    expect(await open.call("health.get", {})).toMatchObject({ status: "degraded" });
    expect(creates(open)).toEqual([]);
    expect(JSON.stringify(open.events)).not.toContain(open.folder);
  });

  test("is found well again by the till itself, which says so and sells", async () => {
    const open = await openTill(full);
    limitFiles(open, 4096);
    await expect(open.start()).rejects.toEqual(journalFailed);
    limitFiles(open, "unlimited");
    await open.until("journal.changed", ({ journal }) => journal.state === "ok");
    await open.sell();
    expect(creates(open)).toEqual(["tillA-payment-1"]);
  });

  test("costs the cashier who freed it no second try: the next start writes again", async () => {
    const open = await openTill(full);
    limitFiles(open, 4096);
    await expect(open.start()).rejects.toEqual(journalFailed);
    limitFiles(open, "unlimited");
    await open.sell();
  });

  test("does not keep what is open from being followed: nothing is taken until it can be written, and then it is", async () => {
    const open = await openTill(full);
    await open.start();
    await open.untilPayment("waitingForApproval");
    limitFiles(open, 4096);
    await open.approve();
    await open.until("journal.changed", ({ journal }) => journal.state === "failed");
    await expect(open.call("payment.cancel", { paymentId: "payment-1" })).rejects.toEqual(journalFailed);
    // What was refused may turn up: nothing is said of it meanwhile.
    await expect(open.call("payment.get", { paymentId: "payment-1" })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retry: "query",
    });
    expect(open.simulator.requests.list("capture")).toEqual([]);
    limitFiles(open, "unlimited");
    await open.untilPayment("paid");
    expect(open.account()).toMatchObject({ captured: 4990 });
  });

  test("lets the till start, show what it knows, and sell when there is room", async () => {
    const open = await openTill({ runs: "process", before: [...withoutSignal, "prlimit", "--fsize=4096:"] });
    expect((await open.call("health.get", {})).journal).toMatchObject({ state: "failed" });
    expect(await open.call("recovery.list", {})).toEqual({ items: [] });
    await expect(open.start()).rejects.toEqual(journalFailed);
    limitFiles(open, "unlimited");
    await open.sell();
  });
});

const mounts = mountable();

describe.runIf(mounts)("a data folder on a disk of its own", () => {
  test("that is mounted read-only is read, and no new payment is started", async () => {
    const open = await openTill({ runs: "process" });
    await open.sell();
    await open.stop();
    mount("--bind", open.dataDir, open.dataDir);
    mounted.push(open.dataDir);
    mount("-o", "remount,ro,bind", open.dataDir);
    await open.powerOn();
    expect((await open.call("health.get", {})).journal).toEqual({
      state: "failed",
      detail: expect.stringMatching(/read-only|opened/),
    });
    expect(await open.call("payment.get", { paymentId: "payment-1" })).toMatchObject({ state: "completed" });
    await expect(open.start(onPhone("payment-2"))).rejects.toEqual(journalFailed);
    expect(creates(open)).toEqual(["tillA-payment-1"]);
    await open.stop();
  });

  test("that is full to the last byte refuses in words, and sells again when a file is deleted", async () => {
    const open = await openTill({ runs: "process" });
    await open.stop();
    execFileSync("cp", ["-a", open.dataDir, join(open.folder, "saved")]);
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", open.dataDir);
    mounted.push(open.dataDir);
    execFileSync("cp", ["-a", `${join(open.folder, "saved")}/.`, open.dataDir]);
    await open.powerOn();
    spawnSync("dd", ["if=/dev/zero", `of=${join(open.dataDir, "photos")}`, "bs=4096"]);
    // There may be room in the files that are there already.
    expect(await firstRefusal(open)).toEqual(journalFailed);
    await expect(open.start()).rejects.toEqual(journalFailed);
    expect(creates(open)).toEqual([]);
    expect((await open.call("health.get", {})).journal).toEqual({ state: "failed", detail: "the disk is full" });
    execFileSync("rm", [join(open.dataDir, "photos")]);
    await open.sell();
    await open.stop();
  });
});

test("a sync that fails costs the payment whose commit it was: MobilePay never hears of it, and the next is sold", async () => {
  const open = await openTill({ runs: "process" });
  await open.stop();
  const file = join(open.dataDir, "journal", "journal.db-wal");
  const inject = ["-P", file, "-e", "inject=fsync,fdatasync:error=EIO:when=8..16"];
  // One thread, because strace counts for each thread apart.
  open.before = ["strace", "-D", "-f", "-q", "-o", "/dev/null", ...inject, "env", "UV_THREADPOOL_SIZE=1"];
  await open.powerOn();
  const sold: string[] = [];
  let refused = 0;
  for (let number = 1; number <= 40 && !(refused > 0 && sold.length > 3); number += 1) {
    const paymentId = `payment-${number}`;
    const start = await open
      .start({ ...onPhone(paymentId), customer: { by: "screenQr" } })
      .catch((error: unknown) => error);
    if (start instanceof Error) {
      expect(start).toEqual(journalFailed);
      refused += 1;
      expect(creates(open)).toEqual(sold);
    } else {
      sold.push(`tillA-${paymentId}`);
      await open.untilPayment("waitingForApproval", paymentId);
      await retried(() => open.call("payment.cancel", { paymentId }));
      await open.untilPayment("cancelled", paymentId);
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(sold.length).toBeGreaterThan(0);
  expect(creates(open)).toEqual(sold);
});

/** As a page does: the journal's failure says that exactly this may be sent again. */
async function retried<Value>(call: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}

test("damage that is found while the till runs: no new payment, what is open goes on, and the page is told", async () => {
  const open = await openTill({ runs: "process" });
  await open.stop();
  await fill(open.dataDir, 400);
  await open.powerOn();
  await open.start();
  await open.untilPayment("waitingForApproval");
  await overwritePageWith(join(open.dataDir, "journal", "journal.db"), '"paymentId":"old-payment-200"');
  await expect(open.call("payment.get", { paymentId: "old-payment-200" })).rejects.toEqual(journalFailed);
  expect((await open.until("journal.changed")).journal).toEqual({
    state: "failed",
    detail: expect.stringContaining("damaged"),
  });
  await open.approve();
  await open.untilPayment("paid");
  await open.call("payment.complete", { paymentId: "payment-1", receiptNumber: "receipt-1" });
  await expect(open.start(onPhone("payment-2"))).rejects.toEqual(journalFailed);
  expect(creates(open)).toEqual(["tillA-payment-1"]);

  await open.stop();
  await open.powerOn();
  expect((await open.call("health.get", {})).journal).toEqual({
    state: "ok",
    detail: expect.stringContaining("put aside"),
  });
  expect(await open.call("payment.get", { paymentId: "payment-1" })).toMatchObject({ state: "completed" });
  await open.sell(onPhone("payment-2"), "receipt-2");
});

/** Writes until the disk takes no more: why it did not. */
async function firstRefusal(open: Till): Promise<unknown> {
  for (let number = 1; number <= 200; number += 1) {
    try {
      await open.call("paymentMethod.set", { account: String(number) });
    } catch (error) {
      return error;
    }
  }
  return undefined;
}

/** Old payments, finished in a life before. */
async function fill(dataDir: string, count: number): Promise<void> {
  const journal = await openJournal({ dataDir, world: realWorld(), version: "0.0.0" });
  for (let number = 1; number <= count; number += 1) {
    const id = `old-payment-${number}`;
    const row = rowOf(id, { open: false, state: "expired" });
    await journal.payments.append(id, [started(id), { type: "expired" }], row);
  }
  await journal.close();
}

async function overwritePageWith(file: string, text: string): Promise<void> {
  const pageBytes = 4096;
  const at = (await readFile(file)).indexOf(text);
  expect(at).toBeGreaterThan(pageBytes);
  const handle = await open(file, "r+");
  await handle.write(Buffer.alloc(pageBytes, 0x5a), 0, pageBytes, at - (at % pageBytes));
  await handle.close();
}

function mount(...words: string[]): void {
  execFileSync("mount", words);
}

/** Only root may mount, and not in every container. */
function mountable(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "tillbridge-mount-"));
  const done = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]).status === 0;
  if (done) execFileSync("umount", [folder]);
  rmdirSync(folder);
  return done;
}
