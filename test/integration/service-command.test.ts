import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as z from "zod";
import { runProgram } from "../support/program.ts";

const printed = z.object({ platform: z.string(), steps: z.array(z.looseObject({ do: z.string(), why: z.string() })) });
const settings = {
  till: { id: "kassa-1", name: "Kassa 1" },
  dataDir: "data",
  origins: ["https://pos.example.com"],
  mobilepay: {
    merchantSerialNumber: "123456",
    clientId: { file: "/nowhere/client-id" },
    clientSecret: { file: "/nowhere/client-secret" },
    subscriptionKey: { file: "/nowhere/subscription-key" },
  },
  checkIn: { mode: "frontend" },
  devices: [],
};

let folder: string;
let config: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "service-command-"));
  config = join(folder, "tillbridge.json");
  await writeFile(config, JSON.stringify(settings));
});

afterEach(() => rm(folder, { recursive: true }));

test.each(["windows", "macos"])(
  "a plan for %s is printed as data, without reading a key and without changing anything",
  async (platform) => {
    const { code, stdout } = await runProgram([
      "service",
      "install",
      "--dry-run",
      "--platform",
      platform,
      "--config",
      config,
    ]);
    expect(code).toBe(0);
    const plan = printed.parse(JSON.parse(stdout));
    expect(plan.platform).toBe(platform);
    expect(JSON.stringify(plan.steps)).toContain("https://pos.example.com");
  },
);

test("for another system nothing is ever done, and a mistyped word is told", async () => {
  for (const words of [["install", "--platform", "windows"], ["instal"]]) {
    const { code, stderr } = await runProgram(["service", ...words, "--config", config]);
    expect([code, stderr.split("\n")[0]]).toEqual([2, expect.stringMatching(/^tillbridge: /)]);
  }
});

test("taking the browser policies back needs no settings", async () => {
  const { code, stdout } = await runProgram([
    "service",
    "uninstall",
    "--policies-only",
    "--dry-run",
    "--platform",
    "windows",
  ]);
  expect([code, printed.parse(JSON.parse(stdout)).steps]).toEqual([0, []]);
});
