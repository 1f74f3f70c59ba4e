import { expect, test } from "vitest";
import { journalCommand } from "../../daemon/cli/journal/command.ts";
import { Till } from "../support/till.ts";

// The whole service: a till that was off for long sweeps soon after it is switched on.

test("a reservation that came to be while the till was off is found after the start, let go, and kept in the journal", async ({
  onTestFinished,
}) => {
  const till = await Till.open();
  onTestFinished(() => till.close());
  await till.start();
  await till.untilPayment("waitingForApproval");
  await till.call("payment.cancel", { paymentId: "payment-1" });
  await till.untilPayment("cancelled");
  await till.stop();
  Object.assign(till.account(), { state: "AUTHORIZED", authorized: 4990 });
  await till.powerOn();
  await till.untilPayment("refunded");
  expect(till.account()).toMatchObject({ captured: 0, cancelled: 4990 });
  expect(await till.call("recovery.list", {})).toEqual({ items: [] });

  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  await journalCommand(["show", "payment-1"], { dataDir: till.dataDir, print });
  expect(printed.join("\n")).toContain('"decidedBy":"nightly sweep"');
  expect(await journalCommand(["verify"], { dataDir: till.dataDir, print })).toBe(0);
});
