import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { checkout } from "../support/imports.ts";
import { FakeTill, folder, layOut, previous, program, sellingTill, startsOnly } from "../support/maintainer-scripts.ts";

const run = promisify(execFile);

/** systemd's journal: what stands in it now is from before; `said` comes with the next start. */
async function journalSays(till: FakeTill, ...said: readonly string[]): Promise<void> {
  await till.write("old-lines", "tillbridge: said by the version before\n");
  await till.write("new-lines", `${said.join("\n")}\n`);
  await till.program(
    "journalctl",
    `case "$*" in
      *--sync*) ;;
      *--output=export*) printf '__CURSOR=here\\nMESSAGE=x\\n' ;;
      *--after-cursor=here*) cat ${till.path("new-lines")} ;;
      *) cat ${till.path("old-lines")} ${till.path("new-lines")} ;;
    esac`,
  );
}

/** The reason that an upgrade to a version that does not start gives. */
async function reasonGiven(...said: readonly string[]): Promise<string> {
  const till = await sellingTill();
  await startsOnly(till, "1.0.0");
  await journalSays(till, ...said);
  await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
  await layOut(till, "1.1.0");
  const { errors } = await till.run(`${folder}/postinst`, ["configure", "1.0.0"]);
  return (
    /did not become ready: (.*) \(journalctl -u tillbridge\); the version before is back/.exec(errors)?.[1] ?? errors
  );
}

const systemd = {
  starting: "Starting tillbridge.service - MobilePay payments and the till's devices...",
  exited: "tillbridge.service: Main process exited, code=exited, status=1/FAILURE",
  failed: "tillbridge.service: Failed with result 'exit-code'.",
  killed: "tillbridge.service: Main process exited, code=killed, status=9/KILL",
  success: "tillbridge.service: Failed with result 'success'.",
  ended: "tillbridge.service: Deactivated successfully.",
  again: "tillbridge.service: Scheduled restart job, restart counter is at 1.",
};

describe("the reason of a start that failed", () => {
  const { starting, exited, failed, killed, success, ended, again } = systemd;
  const words = "tillbridge: port 8455 is taken";

  test.each<[what: string, said: readonly string[], reason: string]>([
    ["is the program's last words", [starting, words, exited, failed], words],
    [
      "is none of those that systemd makes meanwhile",
      [starting, words, exited, failed, again, starting, "tillbridge: no"],
      words,
    ],
    ["is not how the one before was stopped", [killed, starting, words, exited, failed], words],
    ["is systemd's where the program said nothing", [starting, exited, failed, again, starting], exited],
    ["is the kill, whatever was said before", [starting, '{"level":"error","message":"x"}', killed, failed], killed],
    ["is never a success", [starting, success, ended, again], "it ended by itself and said nothing"],
    ["is the program's, when systemd calls its end a success", [starting, words, success, ended], words],
    [
      "keeps the backslashes of a record",
      [starting, '{"level":"error","stack":"a\\nb\\c"}', exited],
      '{"level":"error","stack":"a\\nb\\c"}',
    ],
  ])("%s", async (_what, said, reason) => {
    expect(await reasonGiven(...said)).toBe(reason);
  });
});

test("the maintainer scripts hold what shellcheck asks for", async () => {
  const scripts = (await readdir(join(checkout, folder))).filter((name) => name !== "control");
  const files = [...scripts.map((name) => join(folder, name)), "service/systemd/tillbridge.sh"];
  await run("shellcheck", files, { cwd: checkout });
});

describe("an upgrade", () => {
  test("is refused in one line while a payment is open, and nothing is touched", async () => {
    const till = await sellingTill({ idle: 'echo "a payment is open (kassa-1-x, capturing)"; exit 3' });
    const { code, errors } = await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    expect(code).toBe(1);
    expect(errors).toBe(
      "tillbridge: not upgraded: a payment is open (kassa-1-x, capturing) (TILLBRIDGE_UPGRADE=now does it all the same)",
    );
    expect(await till.calls()).toBe("tillbridge idle --wait 120\n");
    expect(existsSync(till.path(previous))).toBe(false);
  });

  test("is made all the same when a person says so", async () => {
    const till = await sellingTill({ idle: "exit 3" });
    const { code } = await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"], { TILLBRIDGE_UPGRADE: "now" });
    expect(code).toBe(0);
  });

  test("of a version that cannot even be asked is made", async () => {
    const till = await sellingTill({ idle: "exit 1" });
    expect((await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"])).code).toBe(0);
  });

  test("keeps the version before, which stands in until the new one is laid out", async () => {
    const till = await sellingTill();
    await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    expect(await till.calls()).toMatch(/is-active.*\nsystemctl stop tillbridge.service\n$/);
    const kept = await stat(till.path(`${previous}/node`));
    expect(kept.ino).toBe((await stat(till.path(`${program}/node`))).ino);
    await till.write(`${previous}/node`, '#!/bin/sh\necho "previous: $*"', 0o755);
    await till.write(`${program}/node`, '#!/bin/sh\necho "new: $*"', 0o755);
    const { out } = await till.run("service/systemd/tillbridge.sh", ["run"]);
    expect(out).toMatch(/^previous: .*\/tillbridge.previous\/dist\/main.mjs run$/);
  });

  test("starts the new version and then lets go of the one before", async () => {
    const till = await sellingTill();
    await startsOnly(till, "1.0.0", "1.1.0");
    await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    await layOut(till, "1.1.0");
    const { code } = await till.run(`${folder}/postinst`, ["configure", "1.0.0"]);
    expect(code).toBe(0);
    expect(await till.calls()).toContain("systemctl restart tillbridge.service");
    expect(existsSync(till.path(previous))).toBe(false);
    expect(await till.read("var/lib/tillbridge/journal/journal.db")).toBe("money");
  });

  test("to a version that does not become ready goes back, says why, and stays undone", async () => {
    const till = await sellingTill();
    await startsOnly(till, "1.0.0");
    await till.program("journalctl", "echo 'tillbridge: something is wrong with it'");
    await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    await layOut(till, "1.1.0");
    await till.write("usr/lib/systemd/system/tillbridge.service", "unit 1.1.0");
    const { code, errors } = await till.run(`${folder}/postinst`, ["configure", "1.0.0"]);
    expect(code).toBe(1);
    expect(errors).toBe(
      "tillbridge: the new version did not become ready: tillbridge: something is wrong with it (journalctl -u tillbridge); the version before is back and runs",
    );
    expect(await till.read(`${program}/node`)).toBe("1.0.0");
    expect(await till.read("usr/lib/systemd/system/tillbridge.service")).toBe("unit 1.0.0");
    expect(existsSync(till.path(previous))).toBe(false);
    const again = await till.run(`${folder}/postinst`, ["configure", "1.0.0"]);
    expect([again.code, again.errors]).toEqual([
      1,
      "tillbridge: 1.1.0 did not start, and 1.0.0 is back in its place: install a package again",
    ]);
  });

  test("goes back too where systemd's journal cannot be read", async () => {
    const till = await sellingTill();
    await startsOnly(till, "1.0.0");
    await till.program("journalctl", "exit 1");
    await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    await layOut(till, "1.1.0");
    const { errors } = await till.run(`${folder}/postinst`, ["configure", "1.0.0"]);
    expect(errors).toContain("no reason is known (journalctl -u tillbridge); the version before is back and runs");
    expect(await till.read(`${program}/node`)).toBe("1.0.0");
  });

  test("of a till that starts over and over starts the new version", async () => {
    const till = await sellingTill();
    await till.program("systemctl", '[ "$1" != is-active ] || { [ "$2" = --quiet ] || echo activating; exit 3; }');
    await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    await layOut(till, "1.1.0");
    await startsOnly(till, "1.1.0");
    expect((await till.run(`${folder}/postinst`, ["configure", "1.0.0"])).code).toBe(0);
    expect(await till.calls()).toContain("systemctl restart tillbridge.service");
    expect(existsSync(till.path(previous))).toBe(false);
  });

  test("of a till that a person has stopped leaves it stopped", async () => {
    const till = await sellingTill();
    await till.program("systemctl", '[ "$1" != is-active ] || { echo inactive; exit 3; }');
    await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    await layOut(till, "1.1.0");
    expect((await till.run(`${folder}/postinst`, ["configure", "1.0.0"])).code).toBe(0);
    expect(await till.calls()).not.toContain("systemctl restart");
  });

  test("of a till that did not run before does not go back: it is no worse than it was", async () => {
    const till = await sellingTill();
    await startsOnly(till, "none");
    await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    await layOut(till, "1.1.0");
    expect((await till.run(`${folder}/postinst`, ["configure", "1.0.0"])).code).toBe(0);
    expect(await till.read(`${program}/node`)).toBe("1.1.0");
  });

  test("that dpkg breaks off leaves the version before running", async () => {
    const till = await sellingTill();
    await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    await till.run(`${folder}/postrm`, ["abort-upgrade", "1.0.0"]);
    await till.run(`${folder}/postinst`, ["abort-upgrade", "1.1.0"]);
    expect(await till.calls()).toMatch(/systemctl start tillbridge.service\n$/);
    expect(existsSync(till.path(previous))).toBe(false);
  });
});

describe("an upgrade that a power cut has cut off", () => {
  /** Some files are those of 1.1.0 already. */
  async function cutOff(): Promise<FakeTill> {
    const till = await sellingTill();
    await startsOnly(till, "1.0.0", "1.1.0");
    await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"]);
    await till.write(`${program}/node`, "half of 1.1.0", 0o755);
    return till;
  }

  test("goes back to the last whole version when the next one does not start", async () => {
    const till = await cutOff();
    await till.write("usr/lib/systemd/system/tillbridge.service", "unit 1.1.0");
    await till.run(`${folder}/preinst`, ["upgrade", "1.1.0", "1.2.0"]);
    await layOut(till, "1.2.0");
    expect((await till.run(`${folder}/postinst`, ["configure", "1.0.0"])).code).toBe(1);
    expect(await till.read(`${program}/node`)).toBe("1.0.0");
    expect(await till.read("usr/lib/systemd/system/tillbridge.service")).toBe("unit 1.0.0");
    const left = await readdir(till.path(program));
    expect(left.toSorted((one, other) => one.localeCompare(other))).toEqual(["node", "package.json"]);
  });

  test("leaves the version before standing in when the next try is refused", async () => {
    const till = await cutOff();
    await till.write("usr/bin/tillbridge", '#!/bin/sh\necho "a payment is open"; exit 3\n', 0o755);
    expect((await till.run(`${folder}/preinst`, ["upgrade", "1.1.0", "1.1.0"])).code).toBe(1);
    await till.run(`${folder}/postrm`, ["abort-upgrade", "1.1.0", "1.1.0"]);
    await till.run(`${folder}/postinst`, ["abort-upgrade", "1.1.0"]);
    expect(existsSync(till.path(`${previous}/stands-in`))).toBe(true);
    expect(await till.read(`${previous}/node`)).toBe("1.0.0");
  });

  test("waits for payments also where nothing of the program is left", async () => {
    const till = await cutOff();
    await rm(till.path(program), { recursive: true });
    await till.write("usr/bin/tillbridge", '#!/bin/sh\necho "a payment is open"; exit 3\n', 0o755);
    expect((await till.run(`${folder}/preinst`, ["upgrade", "1.1.0", "1.1.0"])).code).toBe(1);
  });

  test("while it kept the version before keeps nothing out", async () => {
    const till = await sellingTill();
    await startsOnly(till, "1.0.0", "1.1.0");
    await till.write(`${previous}.part/node`, "half", 0o755);
    await till.write(`${previous}.part/system/half`, "");
    expect((await till.run(`${folder}/preinst`, ["upgrade", "1.0.0", "1.1.0"])).code).toBe(0);
    expect(await till.read(`${previous}/node`)).toBe("1.0.0");
    expect(existsSync(till.path(`${previous}/system/half`))).toBe(false);
  });
});

describe("an installation", () => {
  test("of a till that is not set up starts nothing", async () => {
    const till = await FakeTill.make();
    await layOut(till, "1.0.0");
    const { code, out } = await till.run(`${folder}/postinst`, ["configure", ""]);
    expect([code, out]).toEqual([0, "tillbridge: installed. Next: tillbridge setup"]);
    expect(await till.calls()).not.toContain("systemctl restart");
  });

  test("over settings that are there starts, and says when it cannot", async () => {
    const till = await sellingTill();
    await startsOnly(till, "1.0.0");
    expect((await till.run(`${folder}/postinst`, ["configure", ""])).code).toBe(0);
    expect(await till.calls()).toMatch(
      /systemctl enable --quiet tillbridge.service\n(journalctl.*\n)*systemctl restart/,
    );
    await startsOnly(till, "none");
    const { code, errors } = await till.run(`${folder}/postinst`, ["configure", ""]);
    expect([code, errors]).toEqual([1, expect.stringContaining("tillbridge: installed, but it does not start: ")]);
  });
});
