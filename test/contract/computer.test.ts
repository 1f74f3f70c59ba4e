import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type System, thisSystem } from "../../service/system.ts";
import { MemorySystem } from "../support/memory-system.ts";

// What a plan is carried out on: the computer itself, and the one in memory that the tests of plans use.

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "computer-"));
});

afterEach(() => rm(root, { recursive: true }));

const computers: Readonly<Record<string, () => System>> = {
  "the computer itself": () => thisSystem(root),
  "the one in memory": () => new MemorySystem(),
};

describe.each(Object.keys(computers))("%s", (name) => {
  let system: System;

  beforeEach(() => {
    const make = computers[name];
    if (make) system = make();
  });

  test("has what was written, with its folders, and nothing else", async () => {
    expect(await system.text("/etc/a/b.json")).toBeUndefined();
    expect(await system.names("/etc")).toEqual([]);
    await system.write("/etc/a/b.json", "one", "644");
    await system.write("/etc/a/b.json", "two", "600");
    await system.write("/etc/a/Z.json", "", "644");
    expect(await system.text("/etc/a/b.json")).toBe("two");
    expect(await system.names("/etc/a")).toEqual(["Z.json", "b.json"]);
    expect(await system.isThere("/etc/a")).toBe(true);
    expect(await system.isThere("/etc/b")).toBe(false);
  });

  test("removes only empty folders unless told otherwise, and what is not there without a word", async () => {
    await system.write("/etc/a/b.json", "x", "644");
    expect(await system.removeEmpty("/etc/a")).toBe(false);
    await system.remove("/etc/a/b.json");
    await system.remove("/etc/a/b.json");
    expect(await system.removeEmpty("/etc/a")).toBe(true);
    expect(await system.removeEmpty("/etc/a")).toBe(false);
    await system.write("/etc/a/b/c.json", "x", "644");
    await system.removeWhole("/etc/a");
    expect(await system.isThere("/etc/a")).toBe(false);
    await system.removeWhole("/etc/a");
  });

  test("copies a folder in place of what is there", async () => {
    await system.write("/from/dist/main.mjs", "new", "644");
    await system.write("/to/dist/main.mjs", "old", "644");
    await system.write("/to/gone", "old", "644");
    await system.copyFolder("/from", "/to");
    expect(await system.text("/to/dist/main.mjs")).toBe("new");
    expect(await system.names("/to")).toEqual(["dist"]);
    expect(await system.text("/from/dist/main.mjs")).toBe("new");
  });
});

test("the computer itself gives files and folders their rights, whatever the user's umask", async () => {
  const system = thisSystem(root);
  const umask = process.umask(0o077);
  onTestFinished(() => void process.umask(umask));
  await system.write("/etc/x/y", "x", "644");
  await system.makeFolder("/etc/opt/browser/managed", "755");
  await system.makeFolder("/var/y", "750");
  const modes = ["etc", "etc/x", "etc/x/y", "etc/opt", "etc/opt/browser", "etc/opt/browser/managed", "var/y"].map(
    async (path) => (await stat(join(root, path))).mode & 0o777,
  );
  expect(await Promise.all(modes)).toEqual([0o755, 0o755, 0o644, 0o755, 0o755, 0o755, 0o750]);
});

test("a program that fails, and one that is not there, are told apart", async () => {
  const system = thisSystem();
  expect(await system.run(["sh", "-c", "echo why >&2; exit 3"])).toEqual({ code: 3, said: "why" });
  expect(await system.run(["there-is-no-such-program"])).toEqual({ code: 127, said: "" });
  expect(await system.output(["sh", "-c", "echo yes"])).toBe("yes\n");
  expect(await system.output(["false"])).toBeUndefined();
});
