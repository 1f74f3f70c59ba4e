// Each test file has a folder of its own for temporary files, and must leave nothing in it, nor any process that was started with it.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect } from "vitest";
import { takeLeftBehind } from "./left-behind.ts";

const before = process.env["TMPDIR"];
const name = basename(expect.getState().testPath ?? "test", ".test.ts");
// Short, for the names of sockets may have 107 characters and no more.
const folder = mkdtempSync(join(tmpdir(), `${name}-`));
process.env["TMPDIR"] = folder;

// The first that is told to vitest, hence the last that it does.
afterAll(async () => {
  const left = await takeLeftBehind(folder);
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  if (left.length > 0) throw new Error(`left behind: ${left.join("; ")}`);
});
