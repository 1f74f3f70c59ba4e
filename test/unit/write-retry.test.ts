import { expect, test } from "vitest";
import { WriteRetry } from "../../daemon/journal/live/write-retry.ts";
import { settled } from "../support/virtual-world.ts";
import { SteadyWorld } from "../support/steady-world.ts";

/** A journal's writer whose disk is full until there is room. */
function fullDisk() {
  const world = new SteadyWorld();
  const disk = { failure: new Error("full") as Error | undefined, hasRoom: false, tries: 0 };
  const retry = new WriteRetry(
    {
      get failure() {
        return disk.failure;
      },
      async append() {
        disk.tries += 1;
        if (disk.hasRoom) disk.failure = undefined;
        retry.check();
        if (!disk.hasRoom) throw new Error("full");
        return [];
      },
    },
    world,
  );
  retry.check();
  return { world, disk, retry };
}

test("a disk that takes nothing is tried every five seconds, until it does", async () => {
  const { world, disk } = fullDisk();
  await world.pass(4999);
  expect(disk.tries).toBe(0);
  await world.pass(10_001);
  expect(disk.tries).toBe(3);
  disk.hasRoom = true;
  await world.pass(60_000);
  expect(disk.tries).toBe(4);
  expect(world.sleeping).toBe(0);
});

test("a disk that fails anew is tried anew, from then on", async () => {
  const { world, disk, retry } = fullDisk();
  await world.pass(3000);
  disk.failure = undefined;
  retry.check();
  disk.failure = new Error("full");
  retry.check();
  await world.pass(4999);
  expect(disk.tries).toBe(0);
  await world.pass(1);
  expect(disk.tries).toBe(1);
});

test("once it is stopped nothing waits", async () => {
  const { world, disk, retry } = fullDisk();
  retry.stop();
  await settled();
  expect(world.sleeping).toBe(0);
  await world.pass(60_000);
  expect(disk.tries).toBe(0);
});
