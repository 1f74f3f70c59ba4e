import { randomUUID } from "node:crypto";
import type { Guest } from "./guest.ts";
import { difference, listing, surroundings } from "./listing.ts";
import { type Stage, nextVersion } from "./stage.ts";
import { phoneNumber, Till } from "./till.ts";

/** What a run has measured. Milliseconds by the machine's own clock. */
export interface Figures {
  dpkgMs?: number;
  greenMs?: number;
  killMs?: number;
  frozenMs?: number;
  bootMs?: number;
  beforeLoginMs?: number;
  refusedMs?: number;
  upgradeMs?: number;
  rollbackMs?: number;
  exposure?: string;
  memoryMegabytes?: number;
}

/** Does the check and says how it went. */
type Report = (title: string, check: () => Promise<string | void>) => Promise<void>;

interface Run {
  readonly guest: Guest;
  readonly stage: Stage;
  readonly report: Report;
}

/** Comes in one go, survives everything, leaves nothing. */
export async function checkPackage({ guest, stage, report }: Run): Promise<Figures> {
  const figures: Figures = {};
  const till = new Till(guest);
  let token = "";
  await guest.must("systemctl is-system-running --wait");
  await till.surround();
  const before = { files: await guest.must(listing), rest: (await guest.run(surroundings)).text };

  await report("installs without a network, and is all green", async () => {
    expect((await guest.must("ip -br address")).split("\n").length === 1, "there is a network");
    expect(
      (await guest.run("command -v node || command -v npm || command -v gcc")).text === "",
      "there is a Node, or a compiler",
    );
    const start = await till.now();
    await guest.must("DEBIAN_FRONTEND=noninteractive dpkg -i /stage/till.deb");
    figures.dpkgMs = (await till.now()) - start;
    const told = await guest.must(
      `echo '${JSON.stringify(keys)}' | tillbridge setup --from /stage/answers --secrets-from-stdin`,
    );
    token = told.split("\n").at(-1) ?? "";
    const { text, code } = await guest.run("tillbridge doctor");
    figures.greenMs = (await till.now()) - start;
    expect(code === 0 && !/^(failed|warning|unknown)/m.test(text), `the doctor says\n${text}`);
    return `${seconds(figures.dpkgMs)} for dpkg, ${seconds(figures.greenMs)} in all\n${text}`;
  });
  await report("runs as a user of its own who cannot log in", async () => {
    const user = await guest.must("stat -c %U /proc/$(systemctl show tillbridge -p MainPID --value)");
    expect(user === "tillbridge", `it runs as ${user}`);
    expect(/nologin|false/.test(await guest.must("getent passwd tillbridge")), "its user has a shell");
    const folder = await guest.must("stat -c '%a %U' /var/lib/tillbridge /etc/tillbridge /etc/tillbridge/*");
    const secrets = await guest.run(
      "runuser -u cashier -- sh -c 'cat /etc/tillbridge/* /var/lib/tillbridge/*' 2>/dev/null",
    );
    expect(secrets.text === "", "a cashier can read its files");
    return folder;
  });
  await report("a page connects, and sells", async () => {
    await till.startPage(token);
    const paymentId = randomUUID();
    await till.pay(paymentId, await till.openPayment(paymentId));
  });
  for (const device of ["hid", "serial", "nfc"] as const)
    await report(`what a real ${device} device reads arrives at the page`, async () => {
      const mark = await till.mark();
      await till.read(device, "4006381333931");
      await till.seen([device === "nfc" ? '"nfc.read"' : '"scan.read"', "4006381333931"], mark);
    });
  await report("systemd's own judgement", async () => {
    const text = await guest.must("systemd-analyze security tillbridge.service --no-pager");
    figures.exposure = /Overall exposure level for \S+: (\S+)/.exec(text)?.[1] ?? "?";
    expect(Number(figures.exposure) <= 2, `exposed: ${figures.exposure}`);
    return figures.exposure;
  });
  await report("memory", async () => {
    const kilobytes = await guest.must(
      `for p in $(cat /sys/fs/cgroup$(systemctl show tillbridge -p ControlGroup --value)/cgroup.procs); do
        grep ^Pss: /proc/$p/smaps_rollup; done | awk '{ sum += $2 } END { print sum }'`,
    );
    figures.memoryMegabytes = Math.round(Number(kilobytes) / 1024);
    return `${figures.memoryMegabytes} MB; ${await till.property("MemoryCurrent")} bytes by the cgroup's count`;
  });
  await report("killed, it is back within two seconds", async () => {
    const mark = await till.mark();
    const at = await till.now();
    await guest.must("systemctl kill -s KILL --kill-whom=main tillbridge");
    figures.killMs = (await till.readyAfter(at, 30)) - at;
    await till.seen('"state":"ready"', mark);
    expect(figures.killMs <= 2000, `it took ${seconds(figures.killMs)}`);
    return seconds(figures.killMs);
  });
  await report("frozen, it is started anew by the watchdog", async () => {
    const mark = await till.mark();
    const at = await till.now();
    await guest.must("kill -STOP $(systemctl show tillbridge -p MainPID --value)");
    figures.frozenMs = (await till.readyAfter(at, 120)) - at;
    await till.seen('"state":"ready"', mark, 60);
    return seconds(figures.frozenMs);
  });
  await report("killed over and over, it never gives up", async () => {
    const at = await till.now();
    await guest.must(`killed=0; last=0; while [ $killed -lt 7 ]; do
        main=$(systemctl show tillbridge -p MainPID --value)
        if [ "$main" != 0 ] && [ "$main" != $last ]; then kill -KILL $main; last=$main; killed=$((killed + 1)); fi
        sleep 0.2
      done`);
    return `ready ${seconds((await till.readyAfter(at, 180)) - at)} after the first of 7`;
  });
  await report("after a reboot it is ready before anybody is logged in", async () => {
    await guest.reboot();
    await till.until("systemctl is-system-running | grep -qv starting", 60);
    await till.surround();
    figures.bootMs = await till.readyAfter(0, 60);
    const session = "$(loginctl list-sessions --no-legend | awk '/tty1/ { print $1 }')";
    await till.until(`[ -n "${session}" ]`, 60);
    const loggedInMs =
      Number(await guest.must(`loginctl show-session ${session} -p TimestampMonotonic --value`)) / 1000;
    figures.beforeLoginMs = loggedInMs - figures.bootMs;
    expect(figures.beforeLoginMs > 0, `the cashier was there ${-figures.beforeLoginMs} ms before it`);
    await till.startPage(token);
    return `ready ${seconds(figures.bootMs)} after power on, ${seconds(figures.beforeLoginMs)} before the login`;
  });

  const open = randomUUID();
  let reference = "";
  await report("an open payment holds off an upgrade, which says why", async () => {
    reference = await till.openPayment(open);
    const process = await till.property("MainPID");
    const at = await till.now();
    const { text, code } = await guest.run("DEBIAN_FRONTEND=noninteractive dpkg -i /stage/next.deb");
    figures.refusedMs = (await till.now()) - at;
    expect(code !== 0, "it was not refused");
    expect(/payment/i.test(text), `it does not say why: ${text}`);
    expect((await till.property("MainPID")) === process, "the service was restarted");
    expect((await guest.must("tillbridge --version")).includes(stage.version), "the program was changed");
    return `${seconds(figures.refusedMs)}: ${text.split("\n").find((line) => /payment/i.test(line)) ?? ""}`;
  });
  await report("an open payment holds off a shutdown", async () => {
    const { text, code } = await guest.run("runuser -u cashier -- systemctl --check-inhibitors=yes reboot");
    expect(code !== 0 && /inhibited by "Tillbridge"/.test(text), `nobody asks to wait: ${text}`);
    expect(/Tillbridge .*\bsleep\b/.test(await guest.must("systemd-inhibit --list --no-legend")), "it may fall asleep");
    return text.split("\n")[0];
  });
  await report("paid and done, nothing holds it off any more", async () => {
    await till.pay(open, reference);
    await till.until("! systemd-inhibit --list --no-legend | grep -qi tillbridge", 20);
  });
  await report("an upgrade keeps the journal", async () => {
    const payments = await guest.must("tillbridge journal list | grep -c receiptMade");
    const mark = await till.mark();
    const at = await till.now();
    await guest.must("DEBIAN_FRONTEND=noninteractive dpkg -i /stage/next.deb");
    await till.readyAfter(at, 60);
    figures.upgradeMs = (await till.now()) - at;
    await till.seen(['"state":"ready"', nextVersion(stage.version, 1)], mark, 60);
    await guest.must("tillbridge journal verify");
    const now = await guest.must("tillbridge journal list | grep -c receiptMade");
    expect(now === payments && Number(now) > 0, `${payments} before, ${now} after`);
    return seconds(figures.upgradeMs);
  });
  await report("an upgrade whose service does not start goes back to the version before", async () => {
    const mark = await till.mark();
    const at = await till.now();
    const { text, code } = await guest.run("DEBIAN_FRONTEND=noninteractive dpkg -i /stage/broken.deb");
    await till.readyAfter(at, 120);
    figures.rollbackMs = (await till.now()) - at;
    await till.seen(['"state":"ready"', nextVersion(stage.version, 1)], mark, 60);
    expect((await guest.must("tillbridge --version")).includes(nextVersion(stage.version, 1)), "it is the broken one");
    await guest.must("tillbridge journal verify");
    const why = text.split("\n").find((line) => line.startsWith("tillbridge: ")) ?? "";
    expect(code === 1 && /status=1\/FAILURE.*; the version before is back and runs/.test(why), `it says ${text}`);
    return why;
  });
  await report("the log has levels, and neither keys nor phone numbers", async () => {
    const priorities = await guest.must(
      'journalctl -u tillbridge -o json | grep -o \'"PRIORITY":"[0-7]"\' | sort | uniq -c',
    );
    const told = await guest.run(
      `journalctl -o cat -u tillbridge | grep -e ${Object.values(keys).join(" -e ")} -e ${phoneNumber}`,
    );
    expect(told.text === "", `it says ${told.text}`);
    return priorities.replaceAll(/\s+/g, " ");
  });
  await report("removed, it stops and leaves the journal", async () => {
    await guest.run("systemctl stop page");
    await guest.must("DEBIAN_FRONTEND=noninteractive dpkg --remove tillbridge");
    expect((await guest.run("ss -Hltn sport = :8455")).text === "", "something listens");
    expect((await guest.run("pgrep -u tillbridge")).text === "", "something of it runs");
    await guest.must(
      "test -s /var/lib/tillbridge/journal/journal.db && grep -q receiptMade /var/lib/tillbridge/payments.json",
    );
  });
  await report("installed again, it has its payments", async () => {
    await guest.must("DEBIAN_FRONTEND=noninteractive dpkg -i /stage/next.deb");
    await till.readyAfter(0, 60);
    await guest.must("tillbridge journal verify && tillbridge journal list | grep -q receiptMade");
  });
  await report("a purge asks for an export first", async () => {
    const { text, code } = await guest.run("DEBIAN_FRONTEND=noninteractive dpkg --purge tillbridge");
    expect(code !== 0 && /export/.test(text), `it did not: ${text}`);
    expect((await till.property("ActiveState")) === "active", "the service was stopped");
    await guest.must("tillbridge journal export > /run/exported");
    return text.split("\n").find((line) => line.includes("export")) ?? "";
  });
  await report("purged, nothing is left of it", async () => {
    await guest.must("DEBIAN_FRONTEND=noninteractive dpkg --purge tillbridge");
    const after = { files: await guest.must(listing), rest: (await guest.run(surroundings)).text };
    const left = [...difference(before.files, after.files), ...difference(before.rest, after.rest)];
    expect(left.length === 0, `\n${left.slice(0, 60).join("\n")}`);
    return `${before.files.split("\n").length} lines of listing`;
  });
  return figures;
}

/** The simulator's, unless it is told others. */
const keys = {
  clientId: "00000000-0000-4000-8000-000000000001",
  clientSecret: "simulator-client-secret",
  subscriptionKey: "simulator-subscription-key",
};

function expect(holds: boolean, why: string): void {
  if (!holds) throw new Error(why);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
