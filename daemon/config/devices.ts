import * as z from "zod";
import { group, setting, variants } from "./setting.ts";

const baudRates = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];

/** The till's devices, by the name of their driver. */
export const deviceSettings = variants({
  by: "driver",
  description: "The till's devices.",
  itemsMax: 16,
  groups: {
    "serial-scanner": group({
      path: setting({
        schema: z.string().min(1),
        allowed: "the path of a serial port",
        description:
          "The port. On Linux take the name below /dev/serial/by-id/: it stays the same on every USB socket.",
        example: "/dev/serial/by-id/usb-Honeywell_1950g-if00",
      }),
      baudRate: setting({
        schema: z.int().refine((rate) => baudRates.includes(rate)),
        allowed: `one of ${baudRates.join(", ")}`,
        description: "The scanner's speed. USB scanners do not care.",
        default: 9600,
      }),
    }),
    "hid-scanner": group({}),
    "nfc-reader": group({}),
  },
});
