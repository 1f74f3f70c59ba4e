import { describe, expect, test } from "vitest";
import { idleCommand } from "../../daemon/cli/idle/command.ts";
import type { CommandContext } from "../../daemon/cli/command.ts";
import { JournalFolder } from "../support/journal-folder.ts";
import { rowOf } from "../support/orders.ts";

const minuteMs = 60_000;

/** Runs `tillbridge idle`; `whileWaiting` happens between two looks. */
async function idle(folder: JournalFolder, argv: string[] = [], whileWaiting = async () => {}) {
  const lines: string[] = [];
  let waitedMs = 0;
  const world = {
    now: () => folder.now,
    monotonicMs: () => waitedMs,
    sleep: async (ms: number) => {
      waitedMs += ms;
      await whileWaiting();
    },
  };
  const context = {
    config: () => ({ dataDir: folder.dataDir }),
    world,
    stop: new AbortController().signal,
    print: (line: string) => void lines.push(line),
  };
  // The command asks for nothing else.
  const code = await idleCommand(argv, context as unknown as CommandContext);
  return { code, lines, waitedMs };
}

async function finish(folder: JournalFolder, id: string): Promise<void> {
  const journal = await folder.open();
  await journal.payments.append(id, [{ type: "withdrawn" }], { ...rowOf(id), state: "cancelled", open: false });
  await journal.close();
}

describe("tillbridge idle", () => {
  test("a till without a journal may be stopped", async () => {
    expect((await idle(await JournalFolder.make())).code).toBe(0);
  });

  test("a till with an open payment may not, and its number is told", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    const { code, lines } = await idle(folder);
    expect([code, lines]).toEqual([3, ["a payment is open (reference-payment-1, waitingForCustomer)"]]);
  });

  test("it waits for the end of a payment, and no longer", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    const { code, waitedMs } = await idle(folder, ["--wait", "60"], () => finish(folder, "payment-1"));
    expect([code, waitedMs]).toEqual([0, 1000]);
  });

  test("it waits no longer than it is told to", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    expect(await idle(folder, ["--wait", "5"])).toMatchObject({ code: 3, waitedMs: 5000 });
  });

  test("a payment to which nothing has happened for a quarter of an hour holds nothing up", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    folder.now += 14 * minuteMs;
    expect((await idle(folder)).code).toBe(3);
    folder.now += 2 * minuteMs;
    expect((await idle(folder)).code).toBe(0);
  });

  test.each([["--wait"], ["--wait", "soon"], ["--wait", "4000"], ["now"]])("%s %s makes no sense", async (...argv) => {
    await expect(idle(await JournalFolder.make(), argv)).rejects.toThrow("idle takes --wait SECONDS");
  });
});
