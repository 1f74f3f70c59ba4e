import * as z from "zod";
import { encodingSetting } from "../encoding-setting.ts";
import { group, setting, type ValueOf } from "../setting.ts";

/** How the scanner's port is set. */
export const serialScannerSettings = group({
  path: setting({
    schema: z.string().min(1),
    allowed: "the path of a serial port",
    description:
      'The port. On Linux take the name below /dev/serial/by-id/: it stays the same on every USB socket. Everywhere, and on Windows best: "usb:" and the scanner\'s numbers, such as "usb:0c2e:0b8a"; where there are two of a kind, ":" and the serial number after it.',
    example: "/dev/serial/by-id/usb-Honeywell_1950g-if00",
  }),
  baudRate: setting({
    schema: z.int().min(300).max(921_600),
    allowed: "a whole number from 300 to 921600",
    description: "The scanner's speed. USB scanners do not care.",
    default: 9600,
  }),
  dataBits: setting({ schema: z.literal([7, 8]), allowed: "7 or 8", description: "Bits in a byte.", default: 8 }),
  parity: setting({
    schema: z.enum(["none", "even", "odd"]),
    allowed: '"none", "even" or "odd"',
    description: "The parity bit.",
    default: "none",
  }),
  stopBits: setting({ schema: z.literal([1, 2]), allowed: "1 or 2", description: "Stop bits.", default: 1 }),
  flowControl: setting({
    schema: z.enum(["none", "rtscts", "xonxoff"]),
    allowed: '"none", "rtscts" or "xonxoff"',
    description: "How the till holds the scanner back.",
    default: "none",
  }),
  silenceMs: setting({
    schema: z.int().min(5).max(1000).optional(),
    allowed: "a whole number from 5 to 1000",
    description: "Only for a scanner that sends no end of line: a pause of so many milliseconds ends a label.",
    default: undefined,
  }),
  encoding: encodingSetting,
});

type Settings = ValueOf<typeof serialScannerSettings>;
/** What most scanners leave as it is may be left out. */
export type SerialScannerConfig = Pick<Settings, "path" | "baudRate"> & Partial<Settings>;
