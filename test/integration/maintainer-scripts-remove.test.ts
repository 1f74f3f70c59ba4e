import { existsSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { type FakeTill, folder, layOut, previous, program, sellingTill } from "../support/maintainer-scripts.ts";

test("a removal that was broken off starts the till again", async () => {
  const till = await sellingTill();
  expect((await till.run(`${folder}/postinst`, ["abort-remove"])).code).toBe(0);
  expect(await till.calls()).toContain("systemctl start tillbridge.service");
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

  test("first and purging later is done once the export has been put away", async () => {
    const till = await leavingTill("deinstall", some);
    await till.run(`${folder}/prerm`, ["remove"]);
    await till.run(`${folder}/postrm`, ["remove"]);
    await rm(till.path("var/lib/tillbridge/payments.json"));
    expect((await till.run(`${folder}/postrm`, ["purge"])).code).toBe(0);
    expect(existsSync(till.path("var/lib/tillbridge"))).toBe(false);
  });

  test("first and purging later is refused where no export could be made", async () => {
    const till = await leavingTill("deinstall", `${some} ;; "journal export"*) exit 1`);
    await till.run(`${folder}/prerm`, ["remove"]);
    await till.run(`${folder}/postrm`, ["remove"]);
    const { code, errors } = await till.run(`${folder}/postrm`, ["purge"]);
    expect([code, errors]).toEqual([1, expect.stringContaining("install it again for tillbridge journal export")]);
  });

  test("with everything a package that was only laid out is refused: dpkg has not asked for its payments", async () => {
    const till = await leavingTill("purge", "exit 0");
    await till.run(`${folder}/prerm`, ["remove"]);
    await layOut(till, "1.0.0");
    await till.run(`${folder}/postinst`, ["configure", "1.0.0"]);
    expect((await till.run(`${folder}/postrm`, ["remove"])).code).toBe(0);
    const { code, errors } = await till.run(`${folder}/postrm`, ["purge"]);
    expect([code, errors]).toEqual([1, expect.stringContaining("not purged: the journal was not asked")]);
    expect(await till.read("var/lib/tillbridge/journal/journal.db")).toBe("money");
  });

  test("a package that was only laid out stops what runs of it", async () => {
    const till = await leavingTill("deinstall", "exit 0");
    await till.write("etc/systemd/system/multi-user.target.wants/tillbridge.service", "");
    await till.run(`${folder}/postrm`, ["remove"]);
    expect(await till.calls()).toContain("systemctl stop tillbridge.service");
    expect(existsSync(till.path("etc/systemd/system/multi-user.target.wants/tillbridge.service"))).toBe(false);
  });

  test("with everything leaves nothing of what our guides told people to write", async () => {
    const till = await leavingTill("purge", "exit 0");
    const advised = [
      "etc/udev/rules.d/61-tillbridge.rules",
      "etc/udev/rules.d/70-tillbridge-05f9.rules",
      "etc/modprobe.d/tillbridge.conf",
      "etc/systemd/system/tillbridge.service.d/override.conf",
    ];
    for (const file of advised) await till.write(file, "");
    await till.write(`${previous}.part/node`, "");
    await till.run(`${folder}/prerm`, ["remove"]);
    await till.run(`${folder}/postrm`, ["remove"]);
    expect(existsSync(till.path(`${previous}.part`))).toBe(false);
    expect((await till.run(`${folder}/postrm`, ["purge"])).code).toBe(0);
    expect(advised.filter((file) => existsSync(till.path(file)))).toEqual([]);
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
