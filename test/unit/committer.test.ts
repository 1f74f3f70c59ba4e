import { expect, test } from "vitest";
import { entryOf } from "../../daemon/journal/rows/chain.ts";
import { Committer } from "../../daemon/journal/live/committer.ts";
import { Disk } from "../support/disk.ts";
import { Life } from "../support/life.ts";
import { rowOf, started } from "../support/orders.ts";
import { VirtualWorld } from "../support/virtual-world.ts";

// The journal's own writer, on a file whose every failure is in the test's hand.

function machine() {
  const world = new VirtualWorld();
  const disk = new Disk(world);
  const append = async (on: ReturnType<Disk["open"]>, id: string) => {
    const done = on.store.append(id, [started(id)], rowOf(id)).then(
      () => "durable",
      () => "refused",
    );
    await world.pass(1000);
    return done;
  };
  return { disk, append, pass: (ms: number) => world.pass(ms) };
}

test("what an earlier life wrote and could not sync is made durable before anything is built on it", async () => {
  const { disk, append, pass } = machine();
  const first = new Life();
  first.dies = (moment) => moment.at === "write" && moment.phase === "written" && moment.types.includes("started");
  void disk.open(first).store.append("payment-1", [started("payment-1")], rowOf("payment-1"));
  await pass(1000);
  disk.restart(false);
  const next = disk.open(new Life());
  expect(await append(next, "payment-2")).toBe("durable");
  disk.restart(true);
  expect([...disk.payments.keys()]).toEqual(["payment-1", "payment-2"]);
});

test("a write that was refused and turns up in the file all the same is not read as if it had been made", async () => {
  const { disk, append, pass } = machine();
  const open = disk.open(new Life());
  expect(await append(open, "payment-1")).toBe("durable");
  disk.trouble = "syncFails";
  disk.ghostsShow = true;
  expect(await append(open, "payment-2")).toBe("refused");
  disk.trouble = undefined;
  expect([...disk.payments.keys()]).toContain("payment-2");
  const read = open.store.events("payment-2");
  await pass(1);
  expect(await read).toBeUndefined();
});

test("a write whose sync failed counts when it is found in the file and can be made durable there", async () => {
  const { disk, append } = machine();
  const open = disk.open(new Life());
  expect(await append(open, "payment-1")).toBe("durable");
  disk.trouble = "syncFails";
  disk.ghostsShow = true;
  disk.onWritten = () => {
    disk.trouble = undefined;
  };
  expect(await append(open, "payment-2")).toBe("durable");
  disk.restart(true);
  expect([...disk.payments.keys()]).toEqual(["payment-1", "payment-2"]);
});

test("a database that stops syncing at its first write takes no payment: the settings are read back after it, at each open", async () => {
  const { disk, append } = machine();
  disk.weakens = true;
  const weak = disk.open(new Life());
  for (const id of ["payment-1", "payment-2"]) expect(await append(weak, id)).toBe("refused");
  expect(weak.failed()).toBe(true);
  expect([...disk.payments.keys()]).toEqual([]);
});

test("the settings are read back again after each time that the file was opened anew", async () => {
  const { disk, append } = machine();
  const open = disk.open(new Life());
  expect(await append(open, "payment-1")).toBe("durable");
  disk.trouble = "full";
  expect(await append(open, "payment-2")).toBe("refused");
  disk.trouble = undefined;
  disk.weakens = true;
  expect(await append(open, "payment-3")).toBe("refused");
  expect([...disk.payments.keys()]).toEqual(["payment-1"]);
});

/** The numbers that lives give one after the other: a disk that takes nothing must not make a page take a new event for an old one. */
class NumberingDisk extends Disk {
  async numbersOf(now: number): Promise<number[]> {
    const life = new Life();
    const committer = new Committer({
      open: () => this.connect(life),
      openingRows: () => [entryOf("journal", { type: "daemonStarted" })],
      seqFloor: 0,
      now: () => now,
    });
    await committer.commit([]).catch(() => undefined);
    return [committer.nextSeq(), committer.nextSeq(), committer.nextSeq()];
  }
}

test("numbers grow over starts that could not be written too", async () => {
  const world = new VirtualWorld();
  const disk = new NumberingDisk(world);
  const given: number[] = [];
  const live = async (atSecond: number) => {
    const numbers = disk.numbersOf(atSecond * 1000);
    await world.pass(1000);
    given.push(...(await numbers));
  };
  await live(1);
  for (const trouble of ["full", "syncFails"] as const) {
    disk.trouble = trouble;
    disk.ghostsShow = false;
    await live(given.length);
    await live(given.length);
    disk.trouble = undefined;
    await live(given.length);
  }
  expect(given).toEqual([...new Set(given)].toSorted((one, other) => one - other));
});
