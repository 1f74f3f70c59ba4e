import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkout } from "../support/imports.ts";
import { Till, type TillOptions } from "../support/till.ts";

// A disk whose sync never returns: the real program, on a real disk, with a library that holds its syncs up.

let till: Till | undefined;
let folder = "";

afterEach(async () => {
  rmSync(join(folder, "hangs"), { force: true });
  await till?.close();
  till = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** A till whose syncs of files in `path` do not return between `hang()` and `heal()`. */
async function openTill(path: string, settings: (folder: string) => TillOptions["settings"] = () => ({})) {
  folder = await mkdtemp(join(tmpdir(), "tillbridge-hang-"));
  const library = join(folder, "hang.so");
  const file = join(folder, "hangs");
  mkdirSync(join(folder, "second"));
  execFileSync(process.env["CC"] ?? "cc", [
    "-shared",
    "-fPIC",
    "-O2",
    "-o",
    library,
    join(checkout, "test", "support", "hang.c"),
    "-ldl",
  ]);
  const before = ["env", `LD_PRELOAD=${library}`, `HANG_WHILE=${file}`, `HANG_PATH=${path}`, "UV_THREADPOOL_SIZE=8"];
  till = await Till.open({ runs: "process", before, settings: settings(folder) ?? {} });
  return { open: till, hang: () => writeFileSync(file, ""), heal: () => rmSync(file) };
}

async function msOf(work: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}

/** Milliseconds from SIGTERM to the end of the process. */
function stopMs(open: Till): Promise<number> {
  return msOf(open.terminate());
}

const inDoubt = expect.objectContaining({ code: "JOURNAL_FAILED", retry: "query" });

test("of a first disk that hangs the page and health are told within five seconds, and calls are answered", async () => {
  const { open, hang, heal } = await openTill("/data/journal/");
  await open.start();
  await open.untilPayment("waitingForApproval");
  hang();
  const cancelled = open.call("payment.cancel", { paymentId: "payment-1" });
  cancelled.catch(() => undefined);
  const toldMs = await msOf(open.until("journal.changed", ({ journal }) => journal.state === "failed"));
  expect(toldMs).toBeLessThan(5000);
  await expect(cancelled).rejects.toEqual(inDoubt);
  expect(await open.call("health.get", {})).toMatchObject({
    status: "degraded",
    journal: { state: "failed", detail: "the disk does not answer" },
  });
  await expect(open.call("payment.get", { paymentId: "payment-1" })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  heal();
  await open.until("journal.changed", ({ journal }) => journal.state === "ok");
  await open.untilPayment("cancelled");
});

test("the service ends within ten seconds while its first disk hangs, and what it acknowledged is there again", async () => {
  const { open, hang, heal } = await openTill("/data/");
  await open.sell();
  hang();
  void open.start({ paymentId: "payment-2", sale: otherSale }).catch(() => undefined);
  await open.until("journal.changed", ({ journal }) => journal.state === "failed");
  expect(await stopMs(open)).toBeLessThan(10_000);
  heal();
  await open.powerOn();
  expect(await open.call("payment.get", { paymentId: "payment-1" })).toMatchObject({ state: "completed" });
});

test("a second disk that hangs is left behind within two seconds, told, and brought up to date when it is back", async () => {
  const { open, hang, heal } = await openTill("/second/", (at) => ({ journal: { secondFolder: join(at, "second") } }));
  await open.sell();
  hang();
  const startMs = await msOf(open.start({ paymentId: "payment-2", sale: otherSale }));
  expect(startMs).toBeLessThan(4000);
  await open.until("journal.changed", ({ journal }) => journal.detail?.includes("does not answer") === true);
  await open.approve("payment-2");
  await open.untilPayment("paid", "payment-2");
  const known = open.events.length;
  heal();
  await open.until("journal.changed", (params) => isLater(open, known, params));
  await open.call("payment.complete", { paymentId: "payment-2", receiptNumber: "receipt-2" });
});

test("the service ends within ten seconds while its second disk hangs", async () => {
  const { open, hang } = await openTill("/second/", (at) => ({ journal: { secondFolder: join(at, "second") } }));
  hang();
  await open.start();
  await open.until("journal.changed", ({ journal }) => journal.detail?.includes("does not answer") === true);
  expect(await stopMs(open)).toBeLessThan(10_000);
});

const otherSale = { saleId: "sale-2", total: { currency: "DKK" as const, value: 4990 } };

function isLater(open: Till, known: number, params: object): boolean {
  return (
    open.events.findIndex((event) => event.params === params) >= known && !JSON.stringify(params).includes("answer")
  );
}
