import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeLeftBehind } from "../support/left-behind.ts";

const temporary = () => mkdtemp(join(tmpdir(), "left-behind-"));

test("a process and a file that are left are named, and gone", async () => {
  const folder = await temporary();
  const child = spawn("sleep", ["1000"], { env: { ...process.env, TMPDIR: folder }, stdio: "ignore" });
  await once(child, "spawn");
  const ended = once(child, "exit");
  await writeFile(join(folder, "notes"), "");
  expect(await takeLeftBehind(folder, 0)).toEqual([`process ${child.pid}: sleep 1000`, "file notes"]);
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect(existsSync(folder)).toBe(false);
});

test("a process that is about to end is waited for", async () => {
  const folder = await temporary();
  spawn("sleep", ["0.3"], { env: { ...process.env, TMPDIR: folder }, stdio: "ignore" });
  expect(await takeLeftBehind(folder)).toEqual([]);
});
