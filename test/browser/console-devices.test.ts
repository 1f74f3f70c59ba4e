import { afterAll, beforeAll, expect, test } from "vitest";
import { ConsoleShop } from "./console-shop.ts";
import { Build } from "./demo-shop.ts";

let build: Build;

beforeAll(async () => {
  build = await Build.make();
});

afterAll(() => build.remove());

test("the console shows what each device has read, could not read, and how often it was away", async () => {
  const shop = await ConsoleShop.open(build);
  await shop.enter();
  await shop.says("scanner: ready", "#devices");
  await shop.till.scanner.write("5701234567899\r");
  await shop.says("1 read · 0 not readable · 0 × away", "#devices");
  await shop.till.scanner.unplug();
  await shop.says("1 read · 0 not readable · 1 × away", "#devices");
  expect(await shop.barriers()).toEqual([]);
  expect(await shop.sidewaysOverflow()).toEqual([]);
  await shop.close();
});
