/** For a person: what lets the service's user have one maker's devices, a udev rule and the group that it names. */
export function usbRule(subsystem: "hidraw" | "usb", vendorId: number): string {
  const vendor = vendorId.toString(16).padStart(4, "0");
  const match = subsystem === "usb" ? "ATTR{idVendor}" : "ATTRS{idVendor}";
  return `As root: echo 'SUBSYSTEM=="${subsystem}", ${match}=="${vendor}", GROUP="tillbridge", MODE="0660"' > /etc/udev/rules.d/70-tillbridge-${vendor}.rules; udevadm control --reload; then plug it in again.`;
}
