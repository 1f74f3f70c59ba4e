import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { runInNewContext } from "node:vm";
import { describe, expect, onTestFinished, test } from "vitest";
import { secretNames, secretPlaces } from "../../daemon/cli/system/secret-places.ts";
import { scannerVendorIds } from "../../drivers/scanner-makers.ts";
import { serviceAccounts } from "../../service/account.ts";
import { udevRules } from "../../service/packaging/udev-rules.ts";
import { checkout } from "../support/imports.ts";

const run = promisify(execFile);
const systemd = join(checkout, "service/systemd");
const exposureMax = 2;

const unit = await readFile(join(systemd, "tillbridge.service"), "utf8");

/** The unit in a folder of its own, with a program that is there. */
async function unitFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-unit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "tillbridge.service");
  await writeFile(file, unit.replace("/usr/bin/tillbridge", "/bin/true"));
  return file;
}

describe("the unit", () => {
  test("runs as the user to whom setup gives the settings, and is handed every key that setup keeps", () => {
    expect(unit).toContain(`\nUser=${serviceAccounts.linux.user}\nGroup=${serviceAccounts.linux.user}\n`);
    const handed = [...unit.matchAll(/^LoadCredential=(\S+):\/etc\/tillbridge\/\1$/gm)].map(([, name]) => name);
    expect(handed).toEqual(secretNames.map((name) => secretPlaces[name].file));
  });

  test("is understood by systemd, without a word of complaint", async () => {
    const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", await unitFile()]);
    // Other units of this computer may have faults of their own.
    const aboutOurs = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("tillbridge"));
    expect(aboutOurs).toEqual([]);
  });

  test("is exposed no more than 2.0, and says why for each point that counts against it", async () => {
    const { stdout } = await run("systemd-analyze", ["security", "--offline=yes", "--no-pager", await unitFile()]);
    expect(Number(/Overall exposure level for \S+: (\S+)/.exec(stdout)?.[1])).toBeLessThanOrEqual(exposureMax);
    const counted = [...stdout.matchAll(/^✗ (\w+)=(?:~(\S+))? .* \d\.\d\s*$/gm)].map(
      ([, name = "", part]) => part ?? name,
    );
    expect(counted.length).toBeGreaterThan(3);
    const words = unit
      .split("\n")
      .filter((line) => line.startsWith("#"))
      .join("\n");
    const namesOf = (point: string) => point.replace(/^AF_\(?|\)$/g, "").split("|");
    for (const point of counted) for (const name of namesOf(point)) expect(words, point).toContain(name);
  });

  test("starts over for ever", () => {
    expect(unit).toMatch(/^Restart=always$/m);
    expect(unit).toMatch(/^StartLimitIntervalSec=0$/m);
    expect(unit).not.toMatch(/^StartLimitBurst=/m);
  });

  test("gives the till more time to stop than it takes at most", async () => {
    const run = await readFile(join(checkout, "daemon/cli/run/command.ts"), "utf8");
    const stopSeconds = Number(/stopMsMax = (\d+)/.exec(run)?.[1]) / 1000;
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(stopSeconds);
  });
});

describe("the udev rules", () => {
  const rules = udevRules();

  test("are what the drivers' table says (else run: node scripts/generate-docs.ts)", async () => {
    expect(await readFile(join(systemd, "60-tillbridge.rules"), "utf8")).toBe(rules);
  });

  test("give nothing away but devices of a maker that is listed", () => {
    const gifts = rules.split("\n").filter((line) => /GROUP|MODE|ENV\{ID/.test(line) && !line.startsWith("#"));
    expect(gifts).toHaveLength(scannerVendorIds().length * 3);
    for (const line of gifts) {
      const maker = /ATTRS?\{idVendor\}=="([0-9a-f]{4})"/.exec(line)?.[1] ?? "";
      expect(scannerVendorIds()).toContain(Number.parseInt(maker, 16));
    }
    expect(rules).not.toMatch(/MODE="0?66[67]"|TAG\+="uaccess"/);
  });

  test("never give away a keyboard's reports", () => {
    const lines = rules.split("\n");
    const keyboards = lines.findIndex((line) => line.includes('bInterfaceProtocol}=="01", GOTO="tillbridge_end"'));
    const firstGift = lines.findIndex((line) => line.includes("GROUP="));
    expect(keyboards).toBeGreaterThan(0);
    expect(keyboards).toBeLessThan(firstGift);
  });

  test("jump only to labels that are there", () => {
    const labels = [...rules.matchAll(/LABEL="(\w+)"/g)].map(([, label]) => label);
    for (const [, label] of rules.matchAll(/GOTO="(\w+)"/g)) expect(labels).toContain(label);
  });
});

describe("the polkit rule", () => {
  /** Asks the rule as polkit does: its JavaScript, with polkit's own object. */
  async function answer(user: string, id: string): Promise<string> {
    const source = await readFile(join(systemd, "60-tillbridge.polkit.rules"), "utf8");
    const rules: ((action: { id: string }, subject: { user: string }) => string)[] = [];
    const polkit = { Result: { YES: "yes", NOT_HANDLED: "not handled" }, addRule: (rule: never) => rules.push(rule) };
    runInNewContext(source, { polkit });
    return rules.map((rule) => rule({ id }, { user })).join();
  }

  test("lets the till use readers and hold a shutdown, and nobody do anything else", async () => {
    expect(await answer("tillbridge", "org.debian.pcsc-lite.access_card")).toBe("yes");
    expect(await answer("tillbridge", "org.freedesktop.login1.inhibit-block-shutdown")).toBe("yes");
    expect(await answer("tillbridge", "org.freedesktop.login1.reboot")).toBe("not handled");
    expect(await answer("cashier", "org.debian.pcsc-lite.access_card")).toBe("not handled");
  });
});

test("the kernel's own NFC driver is kept from the reader", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-modprobe-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(systemd, "tillbridge.modprobe.conf"), join(folder, "tillbridge.conf"));
  const { stdout } = await run("/sbin/modprobe", ["-C", folder, "--showconfig"]).catch(() => ({ stdout: "" }));
  const known = stdout || (await readFile(join(folder, "tillbridge.conf"), "utf8"));
  expect(known).toMatch(/^blacklist pn533_usb$/m);
  expect(known).toMatch(/^blacklist pn533$/m);
});
