import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { checkout } from "../support/imports.ts";
import { FakeTill } from "../support/maintainer-scripts.ts";

const run = promisify(execFile);
const folder = "service/debian";
const program = "usr/lib/tillbridge";
const previous = "usr/lib/tillbridge.previous";

/** A till that is set up and sells with this version. `idle`: what `tillbridge idle` does, in sh. */
async function sellingTill({ version = "1.0.0", idle = "exit 0" } = {}): Promise<FakeTill> {
  const till = await FakeTill.make();
  await till.write("etc/tillbridge/tillbridge.json", "{}");
  await till.write("var/lib/tillbridge/journal/journal.db", "money");
  await till.write("usr/bin/tillbridge", `#!/bin/sh\necho "tillbridge $*" >>${till.path("calls")}\n${idle}\n`, 0o755);
  await till.write("usr/lib/systemd/system/tillbridge.service", `unit ${version}`);
  await layOut(till, version);
  return till;
}

/** As dpkg does: each file gets a new one in its place. */
async function layOut(till: FakeTill, version: string): Promise<void> {
  await run("rm", ["-rf", till.path(program)]);
  await till.write(`${program}/node`, version, 0o755);
  await till.write(`${program}/package.json`, `{\n  "version": "${version}"\n}\n`);
  await till.program(
    "dpkg-query",
    `case "$*" in *systemd) echo 252.39 ;; *Want*) echo install ;; *) echo ${version} ;; esac`,
  );
  await till.program("dpkg", `case "$1" in -L) find /${program} ;; *) exit 1 ;; esac`);
}

/** systemd, by a file: the service starts when the version that is there is one of these. */
async function startsOnly(till: FakeTill, ...versions: string[]): Promise<void> {
  const works = versions.map((version) => `grep -qs '^${version}$' /${program}/node`).join(" || ");
  await till.program("systemctl", `case "$1" in start|restart|is-active) ${works} || exit 1 ;; esac`);
}

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
    expect(await till.calls()).toMatch(/systemctl enable --quiet tillbridge.service\nsystemctl restart/);
    await startsOnly(till, "none");
    const { code, errors } = await till.run(`${folder}/postinst`, ["configure", ""]);
    expect([code, errors]).toEqual([1, expect.stringContaining("tillbridge: installed, but it does not start: ")]);
  });

  test("gives systemd the pauses that grow only where it knows them", async () => {
    const dropIn = "usr/lib/systemd/system/tillbridge.service.d/slower-restarts.conf";
    const till = await sellingTill();
    await till.run(`${folder}/postinst`, ["configure", ""]);
    expect(existsSync(till.path(dropIn))).toBe(false);
    await till.program("dpkg", "exit 0");
    await till.write(`${program}/slower-restarts.conf`, "[Service]");
    await till.run(`${folder}/postinst`, ["configure", ""]);
    expect(await till.read(dropIn)).toBe("[Service]");
  });
});

describe("removing", () => {
  /** What dpkg was asked for, and what `tillbridge journal unexported` says. */
  async function leavingTill(want: "purge" | "deinstall", unexported: string): Promise<FakeTill> {
    const till = await sellingTill({ idle: `case "$*" in "journal unexported") ${unexported} ;; esac` });
    await till.program("dpkg-query", `echo ${want}`);
    return till;
  }
  const some = "echo '2 payments were never exported'; exit 3";

  test("stops the service and leaves journal and settings", async () => {
    const till = await leavingTill("deinstall", some);
    expect((await till.run(`${folder}/prerm`, ["remove"])).code).toBe(0);
    expect((await till.run(`${folder}/postrm`, ["remove"])).code).toBe(0);
    expect(await till.calls()).toMatch(/systemctl stop tillbridge.service\nsystemctl disable/);
    expect(await till.calls()).toContain("tillbridge service uninstall --policies-only");
    expect(existsSync(till.path(program))).toBe(false);
    expect(await till.read("var/lib/tillbridge/journal/journal.db")).toBe("money");
    expect(existsSync(till.path("etc/tillbridge/tillbridge.json"))).toBe(true);
  });

  test("is refused while a payment is open", async () => {
    const till = await sellingTill({ idle: 'echo "a payment is open"; exit 3' });
    const { code, errors } = await till.run(`${folder}/prerm`, ["remove"]);
    expect([code, errors]).toEqual([1, expect.stringContaining("tillbridge: not removed: a payment is open")]);
    expect(await till.calls()).not.toContain("systemctl");
  });

  test("with everything is refused before anything has gone, while payments were never exported", async () => {
    const till = await leavingTill("purge", some);
    const { code, errors } = await till.run(`${folder}/prerm`, ["remove"]);
    expect([code, errors]).toEqual([
      1,
      "tillbridge: not purged: 2 payments were never exported. First: tillbridge journal export > FILE. To delete them: TILLBRIDGE_PURGE=yes",
    ]);
    expect(await till.calls()).not.toContain("systemctl stop");
  });

  test("first and purging later is refused just so", async () => {
    const till = await leavingTill("deinstall", some);
    await till.run(`${folder}/prerm`, ["remove"]);
    await till.run(`${folder}/postrm`, ["remove"]);
    const { code, errors } = await till.run(`${folder}/postrm`, ["purge"]);
    expect([code, errors]).toEqual([
      1,
      `tillbridge: not purged: 2 payments were never exported. First: put ${till.path("var/lib/tillbridge/payments.json")} away. To delete them: TILLBRIDGE_PURGE=yes`,
    ]);
    expect(await till.read("var/lib/tillbridge/journal/journal.db")).toBe("money");
    expect(await till.calls()).toContain("tillbridge journal export --from 1970-01-01T00:00:00Z\n");
    expect((await stat(till.path("var/lib/tillbridge/payments.json"))).mode & 0o777).toBe(0o600);
  });

  test.each(["apt purge tillbridge", "apt-get remove --purge tillbridge"])(
    "by %s is refused before anything has gone, though dpkg is told of a purge only later",
    async (command) => {
      const till = await leavingTill("deinstall", some);
      const [name = "", ...words] = command.split(" ");
      await till.program(name, '"$SCRIPT" remove');
      const { code, errors } = await till.runAs(name, words, `${folder}/prerm`);
      expect([code, errors]).toEqual([1, expect.stringContaining("tillbridge: not purged: 2 payments")]);
      expect(await till.calls()).not.toContain("systemctl stop");
    },
  );

  test("with a journal that cannot be asked counts as not exported", async () => {
    const till = await leavingTill("purge", "exit 1");
    expect((await till.run(`${folder}/prerm`, ["remove"])).code).toBe(1);
  });

  test.each([
    ["after an export", "exit 0", {}],
    ["when a person says so", some, { TILLBRIDGE_PURGE: "yes" }],
  ])("with everything %s leaves nothing", async (_when, unexported, environment) => {
    const till = await leavingTill("purge", unexported);
    expect((await till.run(`${folder}/prerm`, ["remove"], environment)).code).toBe(0);
    expect((await till.run(`${folder}/postrm`, ["remove"], environment)).code).toBe(0);
    expect((await till.run(`${folder}/postrm`, ["purge"], environment)).code).toBe(0);
    for (const gone of ["etc/tillbridge", "var/lib/tillbridge", program, previous])
      expect(existsSync(till.path(gone))).toBe(false);
    expect(await till.calls()).toMatch(/userdel tillbridge\n/);
  });
});
