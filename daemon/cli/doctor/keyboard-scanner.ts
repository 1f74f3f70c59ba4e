import { platform } from "node:os";
import { findKeyboards, type WantedKeyboard } from "../../../drivers/keyboard-scanner/usb-keyboards.ts";
import { type Check, failed, ok } from "./check.ts";
import { usbRule } from "./hid-scanner.ts";
import { asMyself, type WhyNot } from "./may-use.ts";

/** Whether the one keyboard that the settings name is there and may be taken. */
export async function checkKeyboardScanner(
  name: string,
  wanted: WantedKeyboard,
  whyNot: WhyNot = asMyself,
): Promise<Check> {
  if (platform() !== "linux")
    return failed(name, "Only Linux lets a program take a keyboard for itself.", "Switch the scanner to HID-POS mode.");
  const [keyboard] = await findKeyboards(wanted);
  if (keyboard === undefined)
    return failed(name, `No keyboard ${wanted.usb} is plugged in.`, "Compare devices[].usb with what lsusb shows.");
  if ((await whyNot(keyboard.node)) !== undefined)
    return failed(
      name,
      `The service's user may not take the ${keyboard.name}.`,
      usbRule("usb", Number.parseInt(wanted.usb.slice(0, 4), 16)),
    );
  return ok(name, `The ${keyboard.name} is there.`);
}
