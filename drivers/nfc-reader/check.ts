import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { DeviceCheck } from "../driver-row.ts";
import { askService } from "./smart-card-service.ts";
import type { NfcReaderConfig } from "./settings.ts";

/** Linux: a folder per USB driver, with a link for each interface that it has. */
const usbDriversOfLinux = "/sys/bus/usb/drivers";
/** Linux's own NFC drivers: where one has the reader, the smart-card service does not (pcsc-tools#97, libnfc#426, acsccid#3). */
const kernelNfcDrivers = ["pn533_usb", "port100"];

/** Whether the smart-card service can be used, and whether Linux has taken the reader away from it. */
export async function checkNfcReader(
  { socket }: Pick<NfcReaderConfig, "socket">,
  usbDrivers = usbDriversOfLinux,
): Promise<DeviceCheck> {
  const driver = await whoHasReaders(usbDrivers);
  if (driver !== undefined)
    return failed(
      `Linux's own driver ${driver} has taken the reader away from the smart-card service.`,
      `Unplug the reader. As root: printf 'blacklist ${driver}\\nblacklist ${driver.replace("_usb", "")}\\n' > /etc/modprobe.d/tillbridge.conf; rmmod ${driver}; udevadm control --reload; then plug it in again.`,
    );
  switch (await askService(socket)) {
    case "answers":
      return {
        state: "ok",
        says: "The smart-card service answers. Whether a reader is plugged in, the service sees.",
      };
    case "denied":
      return failed(
        "This user may not use the smart-card service.",
        "Let its user through pcscd's polkit rule (org.debian.pcsc-lite.access_pcsc and access_card).",
      );
    case "away":
      return failed(
        "The smart-card service does not run.",
        "As root: apt-get install pcscd libccid; systemctl enable --now pcscd.socket. On Windows: set SCardSvr to automatic.",
      );
  }
}

async function whoHasReaders(usbDrivers: string): Promise<string | undefined> {
  for (const driver of kernelNfcDrivers) {
    const entries = await readdir(join(usbDrivers, driver)).catch(() => []);
    // Interfaces are named like "1-2:1.0"; what else stands there is about the driver.
    if (entries.some((entry) => /^\d+-[\d.]+:\d+\.\d+$/.test(entry))) return driver;
  }
  return undefined;
}

function failed(says: string, hint: string): DeviceCheck {
  return { state: "failed", says, hint };
}
