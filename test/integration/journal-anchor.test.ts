import { mkdir, rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { readAnchor } from "../../daemon/journal/rows/anchor.ts";
import { JournalFolder } from "../support/journal-folder.ts";
import { rowOf, started } from "../support/orders.ts";
import { SteadyWorld } from "../support/steady-world.ts";
import { until } from "../support/until.ts";

async function lastSeq(folder: JournalFolder): Promise<unknown> {
  const [row] = await folder.rows("SELECT max(seq) AS seq FROM events");
  return row?.["seq"];
}

describe("the journal's anchor", () => {
  test("follows the journal's end a moment later, while the daemon runs", async () => {
    const folder = await JournalFolder.make();
    const world = new SteadyWorld();
    folder.world = world;
    const journal = await folder.open();
    await journal.payments.append("payment-1", [started("payment-1")], rowOf("payment-1"));
    const before = await readAnchor(folder.path("journal.anchor"));
    await world.pass(2000);
    await until(async () => (await readAnchor(folder.path("journal.anchor")))?.seq !== before?.seq);
    expect(await readAnchor(folder.path("journal.anchor"))).toMatchObject({ seq: await lastSeq(folder), clean: false });
    await journal.payments.append("payment-2", [started("payment-2")], rowOf("payment-2"));
    await journal.close();
    expect(world.sleeping).toBe(0);
  });

  test("says after a proper stop that nothing may follow", async () => {
    const folder = await JournalFolder.make();
    await folder.write("payment-1");
    expect(await readAnchor(folder.path("journal.anchor"))).toMatchObject({ seq: await lastSeq(folder), clean: true });
  });

  test("that cannot be written costs no payment", async () => {
    const folder = await JournalFolder.make();
    const journal = await folder.open();
    await rm(folder.path("journal.anchor"));
    await mkdir(folder.path("journal.anchor"));
    await journal.payments.append("payment-1", [started("payment-1")], rowOf("payment-1"));
    await journal.close();
    expect((await folder.rows("SELECT subject FROM events ORDER BY seq")).at(-1)).toEqual({ subject: "payment-1" });
  });
});
