import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLog } from "../../daemon/log/log.ts";
import { sleep } from "../../daemon/world.ts";
import { type Destination, toFile } from "../../daemon/log/destination.ts";
import type { Level } from "../../daemon/log/line.ts";
import { createRedactor } from "../../daemon/redact/redact.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

const world = { now: () => Date.UTC(2026, 10, 23, 12), monotonicMs: () => 0, sleep };
const redactor = createRedactor(["canary-secret"]);

function fileLog(level: Level = "info", complain: (line: string) => void = () => undefined) {
  const path = join(folder, "tillbridge.log");
  const destination = toFile(path, 1, complain);
  const log = createLog({ level, redactor, world, destination });
  return { log, path, lines: () => linesOf(readFileSync(path, "utf8")) };
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line.replace(/^<\d>/, "")) as Record<string, unknown>);
}

describe("the log", () => {
  test("a record is one line of JSON with time, level, component and fields", async () => {
    const { log, lines } = fileLog();
    log.child("rpc").child("session").warn("client\nwent away", { code: 4413 });
    await log.close();
    expect(lines()).toEqual([
      {
        time: "2026-11-23T12:00:00.000Z",
        level: "warn",
        component: "rpc.session",
        message: "client\nwent away",
        code: 4413,
      },
    ]);
  });

  test("what comes before the writer is loaded is written too, first and in order", async () => {
    const { log, lines } = fileLog();
    for (let count = 0; count < 500; count += 1) log.info("early", { count });
    const opened = log.open();
    log.info("while opening", { count: 500 });
    await opened;
    log.info("late", { count: 501 });
    await log.close();
    expect(lines().map((line) => line["count"])).toEqual(Array.from({ length: 502 }, (_, count) => count));
  });

  test("records from the start are bounded, and what was lost is told", async () => {
    const { log, lines } = fileLog();
    for (let count = 0; count < 1500; count += 1) log.info("early");
    await log.close();
    expect(lines().at(-1)).toMatchObject({ level: "warn", lost: 500 });
    expect(lines()).toHaveLength(1001);
  });

  test("a flood is held back, and told when it is over", async () => {
    let nowMs = 0;
    const path = join(folder, "flood.log");
    const clock = { ...world, now: () => 0, monotonicMs: () => nowMs };
    const log = createLog({ level: "info", redactor, world: clock, destination: toFile(path, 1, () => undefined) });
    await log.open();
    for (let count = 0; count < 100_000; count += 1) log.error("again");
    nowMs = 1000;
    log.info("calm");
    await log.close();
    const lines = linesOf(readFileSync(path, "utf8"));
    expect(lines).toHaveLength(2002);
    expect(lines.at(-2)).toMatchObject({ component: "log", heldBack: 98_000 });
  });

  test("less important records are left out", async () => {
    const { log, lines } = fileLog("warn");
    log.debug("no");
    log.info("no");
    log.error("yes");
    await log.close();
    expect(lines()).toMatchObject([{ message: "yes" }]);
  });

  test("no secret reaches the disk, neither by message nor by field", async () => {
    const { log, path } = fileLog();
    log.error("refused: canary-secret", {
      error: new Error("canary-secret"),
      customerToken: "canary-token",
      to: "4512345678",
    });
    log.fatal("canary-secret", { error: new Error("canary-secret") });
    await log.close();
    expect(readFileSync(path, "utf8")).not.toMatch(/canary|45123/);
  });

  test("a field cannot pretend to be another level or time", async () => {
    const { log, lines } = fileLog();
    log.error("true", { level: "debug", time: "never", message: "false" });
    await log.close();
    expect(lines()).toMatchObject([{ level: "error", message: "true", time: "2026-11-23T12:00:00.000Z" }]);
  });

  test("a record that is far too long is cut to what matters", async () => {
    const { log, lines } = fileLog();
    log.error("large", { list: Array.from({ length: 40 }, () => "word ".repeat(700)) });
    await log.close();
    expect(lines()).toEqual([expect.objectContaining({ message: "large", fieldsTooLong: expect.any(Number) })]);
  });

  test("for journald each line begins with its priority", async () => {
    const stream = new PassThrough();
    const destination: Destination = { stream, journald: true, writeNow: () => undefined };
    const log = createLog({ level: "debug", redactor, world, destination });
    log.debug("d");
    log.info("i");
    log.warn("w");
    log.error("e");
    await log.close();
    expect(String(stream.read()).match(/^<\d>/gm)).toEqual(["<7>", "<6>", "<4>", "<3>"]);
  });

  test("goes on without winston when that cannot be loaded", async () => {
    vi.doMock("winston", () => ({}));
    const { log, lines } = fileLog();
    log.info("early");
    await log.open();
    vi.doUnmock("winston");
    log.info("late");
    await log.close();
    expect(lines().map((line) => line["message"])).toEqual(["early", "late"]);
  });

  test("last words are on disk when the call returns, after all that waited", () => {
    const { log, lines } = fileLog();
    log.info("waiting");
    log.fatal("the end", { error: new Error("why") });
    expect(lines()).toMatchObject([
      { message: "waiting" },
      { level: "error", message: "the end", error: { message: "why" } },
    ]);
  });
});

describe("the log file", () => {
  test("only its owner may read it", async () => {
    const { log, path } = fileLog();
    log.info("x");
    await log.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("it never grows over its size, the last five are kept, and no line is lost or cut on the way", async () => {
    const path = join(folder, "small.log");
    const { createRotatingFile } = await import("../../daemon/log/rotating-file.ts");
    const file = createRotatingFile({ path, bytesMax: 1000, filesMax: 5, complain: () => expect.unreachable() });
    for (let count = 0; count < 100; count += 1) file.append(`{"count":${String(count).padStart(50)}}\n`);
    const names = readdirSync(folder).toSorted();
    expect(names).toEqual(["small.log", "small.log.1", "small.log.2", "small.log.3", "small.log.4"]);
    for (const name of names) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1000);
    const kept = ["small.log.4", "small.log.3", "small.log.2", "small.log.1", "small.log"];
    const counts = kept
      .flatMap((name) => linesOf(readFileSync(join(folder, name), "utf8")))
      .map((line) => line["count"]);
    expect(counts).toEqual(Array.from({ length: counts.length }, (_, index) => 100 - counts.length + index));
    expect(counts.length).toBeGreaterThan(4 * 15);
  });

  test("no record is lost while its files cannot be renamed, as when somebody on Windows looks at them", async () => {
    const path = join(folder, "held.log");
    mkdirSync(join(`${path}.1`, "held"), { recursive: true });
    const complaints: string[] = [];
    const { createRotatingFile } = await import("../../daemon/log/rotating-file.ts");
    const file = createRotatingFile({ path, bytesMax: 100, filesMax: 2, complain: (line) => complaints.push(line) });
    const line = (count: number) => `{"count":${String(count).padStart(30)}}\n`;
    for (let count = 0; count < 4; count += 1) file.append(line(count));
    expect(linesOf(readFileSync(path, "utf8")).map((record) => record["count"])).toEqual([0, 1, 2, 3]);
    expect(complaints).toHaveLength(1);
    for (let count = 0; count < 40; count += 1) file.append(line(count));
    expect(statSync(path).size).toBeLessThanOrEqual(200);
    rmSync(`${path}.1`, { recursive: true });
    file.append(line(99));
    expect(linesOf(readFileSync(path, "utf8")).map((record) => record["count"])).toEqual([99]);
  });

  test("when it cannot be written, that is said once and nothing fails", async () => {
    const complaints: string[] = [];
    const destination = toFile("/dev/full", 1, (line) => complaints.push(line));
    const log = createLog({ level: "info", redactor, world, destination });
    for (let count = 0; count < 10; count += 1) log.info("lost");
    await log.close();
    expect(complaints).toEqual([expect.stringContaining("ENOSPC")]);
  });
});
