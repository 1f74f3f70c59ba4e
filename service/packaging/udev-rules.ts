import { scannerVendorIds } from "../../drivers/scanner-makers.ts";

/**
 * Which devices the till's user may open, as udev rules: those of the makers that the drivers know. NFC readers are not among them:
 * the smart-card service opens those.
 */
export function udevRules(): string {
  const makers = scannerVendorIds().map((id) => id.toString(16).padStart(4, "0"));
  return `${[
    "# Bar code scanners of the makers that Tillbridge knows, for its user alone. Made by scripts/generate-docs.ts from the drivers' table.",
    "# Another maker's scanner: copy a line into /etc/udev/rules.d/61-tillbridge.rules, with its number from lsusb.",
    'ACTION=="remove", GOTO="tillbridge_end"',
    "",
    "# What a scanner reads, from an interface that is no keyboard.",
    'SUBSYSTEM!="hidraw", GOTO="tillbridge_hid_end"',
    'SUBSYSTEMS=="usb", ATTRS{bInterfaceClass}=="03", ATTRS{bInterfaceProtocol}=="01", GOTO="tillbridge_end"',
    ...makers.map((maker) => `SUBSYSTEMS=="usb", ATTRS{idVendor}=="${maker}", GROUP="tillbridge", MODE="0660"`),
    'LABEL="tillbridge_hid_end"',
    "",
    "# A scanner in keyboard mode is taken over USB, so that it types nowhere.",
    'SUBSYSTEM!="usb", GOTO="tillbridge_usb_end"',
    'ENV{DEVTYPE}!="usb_device", GOTO="tillbridge_usb_end"',
    ...makers.map((maker) => `ATTR{idVendor}=="${maker}", GROUP="tillbridge", MODE="0664"`),
    'LABEL="tillbridge_usb_end"',
    "",
    "# A serial scanner is no modem: ModemManager would talk to it.",
    'SUBSYSTEM!="tty", GOTO="tillbridge_end"',
    ...makers.map((maker) => `SUBSYSTEMS=="usb", ATTRS{idVendor}=="${maker}", ENV{ID_MM_PORT_IGNORE}="1"`),
    "",
    'LABEL="tillbridge_end"',
  ].join("\n")}\n`;
}
