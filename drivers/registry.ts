import { driverRow } from "./driver-row.ts";
import { hidScannerSettings } from "./hid-scanner/settings.ts";
import { keyboardScannerSettings } from "./keyboard-scanner/settings.ts";
import { nfcReaderSettings } from "./nfc-reader/settings.ts";
import { serialScannerSettings } from "./serial-scanner/settings.ts";
import { simulatedSettings } from "./simulated/settings.ts";

/** One row per driver, in the order of docs/config.md. */
export const driverTable = {
  "serial-scanner": driverRow({
    settings: serialScannerSettings,
    kind: () => "scanner",
    load: async (...device) => (await import("./serial-scanner/serial-scanner.ts")).serialScanner(...device),
    check: async (...device) => (await import("./serial-scanner/check.ts")).checkSerialScanner(...device),
    find: async (devicePaths) => (await import("./serial-scanner/find.ts")).findSerialPorts(devicePaths),
  }),
  simulated: driverRow({
    settings: simulatedSettings,
    kind: ({ kind }) => kind,
    load: async (config, clock) => (await import("./simulated/simulated.ts")).simulatedAsSet(config, clock),
    check: async () => (await import("./simulated/check.ts")).checkSimulated(),
  }),
  "hid-scanner": driverRow({
    settings: hidScannerSettings,
    kind: () => "scanner",
    load: async (...device) => (await import("./hid-scanner/hid-scanner.ts")).hidScanner(...device),
    check: async (...device) => (await import("./hid-scanner/check.ts")).checkHidScanner(...device),
    find: async (devicePaths) => (await import("./hid-scanner/find.ts")).findHidScanners(devicePaths),
    rule: "udev",
  }),
  "keyboard-scanner": driverRow({
    settings: keyboardScannerSettings,
    kind: () => "scanner",
    load: async (...device) => (await import("./keyboard-scanner/keyboard-scanner.ts")).keyboardScanner(...device),
    check: async (...device) => (await import("./keyboard-scanner/check.ts")).checkKeyboardScanner(...device),
    rule: "udev",
  }),
  "nfc-reader": driverRow({
    settings: nfcReaderSettings,
    kind: () => "nfc",
    load: async (...device) => (await import("./nfc-reader/nfc-reader.ts")).nfcReader(...device),
    check: async (config) => (await import("./nfc-reader/check.ts")).checkNfcReader(config),
    find: async (devicePaths) => (await import("./nfc-reader/find.ts")).findNfcReaders(devicePaths),
    rule: "polkit",
  }),
};
