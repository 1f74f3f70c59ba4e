import { platform } from "node:os";
import type { DeviceCheck, WhyNot } from "../driver-row.ts";
import { usbRule } from "../udev-rule.ts";
import { findKeyboards, type KeyboardSelector } from "./usb-keyboards.ts";

/** Whether the one keyboard that the settings name is there and may be taken. */
export async function checkKeyboardScanner(wanted: KeyboardSelector, whyNot: WhyNot): Promise<DeviceCheck> {
  if (platform() !== "linux")
    return failed("Only Linux lets a program take a keyboard for itself.", "Switch the scanner to HID-POS mode.");
  const [keyboard] = await findKeyboards(wanted);
  if (keyboard === undefined)
    return failed(`No keyboard ${wanted.usb} is plugged in.`, "Compare devices[].usb with what lsusb shows.");
  if ((await whyNot(keyboard.node)) !== undefined)
    return failed(
      `The service's user may not take the ${keyboard.name}.`,
      usbRule("usb", Number.parseInt(wanted.usb.slice(0, 4), 16)),
    );
  return { state: "ok", says: `The ${keyboard.name} is there.` };
}

function failed(says: string, hint: string): DeviceCheck {
  return { state: "failed", says, hint };
}
