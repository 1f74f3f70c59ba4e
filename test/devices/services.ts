import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";

/** The parts of the system that a till finds running. For the machine of test/support/vm only. */
export function startServices(): void {
  // As the installer sets it up: Linux's own NFC driver would take the reader from pcscd.
  writeFileSync("/etc/modprobe.d/tillbridge.conf", "blacklist pn533_usb\nblacklist pn533\n");
  execFileSync("/lib/systemd/systemd-udevd", ["--daemon"]);
  execFileSync("udevadm", ["trigger", "--action=add"]);
  execFileSync("udevadm", ["settle"]);
  spawn("pcscd", ["--foreground"], { stdio: "ignore" });
}
