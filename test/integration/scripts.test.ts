import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkout } from "../support/imports.ts";

const run = promisify(execFile);
/** What hands its words on to another command. */
const others = ["test", "tillbridge", "bare-machine", "beside-load"];

const scripts = new Map<string, string>();
for (const name of await readdir(join(checkout, "scripts"))) {
  const text = await readFile(join(checkout, "scripts", name), "utf8").catch(() => "");
  if (text.startsWith("#!/usr/bin/env bash\n")) scripts.set(name, text);
}
const commands = [...scripts.keys()].filter((name) => !others.includes(name));

/** The scripts in a checkout that nothing was set up in: whatever work one of them began would fail there, or leave something. */
let bare = "";
beforeAll(async () => {
  bare = await mkdtemp(join(tmpdir(), "scripts-test-"));
  await cp(join(checkout, "scripts"), join(bare, "scripts"), { recursive: true });
});
afterAll(() => rm(bare, { recursive: true, force: true }));

async function ended(command: string, ...words: string[]) {
  const options = { env: { PATH: process.env["PATH"] }, cwd: checkout };
  const given = run(command, words, options).then((printed) => ({ code: 0, ...printed }));
  return given.catch((error: { code: number; stdout: string; stderr: string }) => error);
}

describe("a command of scripts/", () => {
  test("is in the list: all but those that hand their words on", () => {
    expect(commands.length).toBeGreaterThan(12);
    expect(others.filter((name) => !scripts.has(name))).toEqual([]);
  });

  test.each(commands)("%s answers --help where nothing is set up, and sets nothing up", async (name) => {
    const { code, stdout, stderr } = await ended(join(bare, "scripts", name), "--help");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`\n  scripts/${name}`);
    expect(await readdir(bare)).toEqual(["scripts"]);
  });

  test.each(commands)(
    "%s refuses an option that there is not in one line, before it sets anything up",
    async (name) => {
      const { code, stdout, stderr } = await ended(join(bare, "scripts", name), "--no-such-option");
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toBe(`${name}: there is no option --no-such-option; see scripts/${name} --help\n`);
      expect(await readdir(bare)).toEqual(["scripts"]);
    },
  );
});

describe("a command of scripts/ that hands its words on", () => {
  test.each(["test", "bare-machine", "beside-load"])("answers --help all the same: %s", async (name) => {
    const { code, stdout, stderr } = await ended(join(bare, "scripts", name), "--help");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`\n  scripts/${name}`);
    expect(await readdir(bare)).toEqual(["scripts"]);
  });

  test.each(["bare-machine", "beside-load"])("refuses an option before them that there is not: %s", async (name) => {
    const { code, stdout, stderr } = await ended(join(bare, "scripts", name), "--no-such-option");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(`${name}: there is no option --no-such-option; see scripts/${name} --help\n`);
  });
});

describe("the program behind a command of scripts/", () => {
  const programs = [...scripts].flatMap(([name, text]) => {
    const file = /^exec node (test\/\S+)/m.exec(text)?.[1];
    return file === undefined ? [] : [[name, file] as const];
  });

  test.each(programs)("%s has the options that stand at the command's head", async (name, file) => {
    const { code, stdout, stderr } = await ended(process.execPath, file, "--help");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe((await ended(join(bare, "scripts", name), "--help")).stdout);
  });

  test.each([
    [["--no-such-option"], "Unknown option '--no-such-option'"],
    [["--kills"], "Option '--kills <value>' argument missing"],
    [["--kills", "many"], "--kills takes a number"],
    [["--weak", "everything"], "--weak is one of unsynced, syncsIgnored, foldersUnsynced"],
    [["now"], '"now" makes no sense here'],
  ])("says in one line what makes no sense: %j", async (words, message) => {
    const { code, stderr } = await ended(process.execPath, "test/power/kill-test.ts", ...words);
    expect([code, stderr]).toEqual([2, `kill-test: ${message}; see scripts/kill-test --help\n`]);
  });
});
