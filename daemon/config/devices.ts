import * as z from "zod";
import { group, setting, variants } from "./setting.ts";

const milliseconds = z.int().min(0).max(86_400_000);
/** What a simulated device does, step by step. */
const step = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("wait"), ms: milliseconds }),
  z.strictObject({ do: z.literal("scan"), label: z.string().max(8192) }),
  z.strictObject({
    do: z.literal("tap"),
    uid: z.string().regex(/^([0-9a-f]{2}){4,10}$/),
    uri: z.string().max(500).optional(),
  }),
  z.strictObject({ do: z.literal("garble") }),
  z.strictObject({ do: z.literal("unplug"), ms: milliseconds }),
  z.strictObject({ do: z.literal("break"), ms: milliseconds }),
]);

/** The till's devices, by the name of their driver. */
export const deviceSettings = variants({
  by: "driver",
  description: "The till's devices: one entry for each scanner and reader on the counter.",
  itemsMax: 16,
  groups: {
    "serial-scanner": group({
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
    }),
    simulated: group({
      kind: setting({
        schema: z.enum(["scanner", "nfc"]),
        allowed: '"scanner" or "nfc"',
        description: "What the device pretends to be.",
        default: "scanner",
      }),
      name: setting({
        schema: z.string().min(1).max(60),
        allowed: "a text of 1 to 60 characters",
        description: "What it is called.",
        default: "Simulated device",
      }),
      script: setting({
        schema: z.array(step).max(1000),
        allowed: "a list of at most 1000 steps",
        allowedEach: 'a step such as { "do": "scan", "label": "4006381333931" } or { "do": "wait", "ms": 1000 }',
        description:
          "For developing a POS without hardware: what it does, step by step (wait, scan, tap, garble, unplug, break).",
        default: [],
      }),
      repeat: setting({
        schema: z.boolean(),
        allowed: "true or false",
        description: "Begin the script again, a second after its end.",
        default: false,
      }),
      socket: setting({
        schema: z.string().startsWith("/").optional(),
        allowed: "a path that begins with /",
        description: "In place of a script, a local socket: each line that comes from it is a label that was scanned.",
        default: undefined,
      }),
    }),
    "hid-scanner": group({
      usb: setting({
        schema: z
          .string()
          .regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/i)
          .optional(),
        allowed: 'vendor and product as lsusb shows them, such as "0c2e:0b81"',
        description: "Which model, when there are several scanners and this one is meant. Else any one will do.",
        default: undefined,
      }),
      serialNumber: setting({
        schema: z.string().min(1).max(120).optional(),
        allowed: "a text of 1 to 120 characters",
        description: "Which one of two scanners of the same model.",
        default: undefined,
      }),
    }),
    "keyboard-scanner": group({
      usb: setting({
        schema: z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/i),
        allowed: 'vendor and product as lsusb shows them, such as "0c2e:0b81"',
        description:
          "Linux only: a scanner that cannot be anything but a keyboard, taken for the till alone. Name the scanner, not your keyboard: what is named here types into no window any more.",
        example: "0c2e:0b81",
      }),
      serialNumber: setting({
        schema: z.string().min(1).max(120).optional(),
        allowed: "a text of 1 to 120 characters",
        description: "Which one of two scanners of the same model.",
        default: undefined,
      }),
      silenceMs: setting({
        schema: z.int().min(5).max(1000).optional(),
        allowed: "a whole number from 5 to 1000",
        description: "Only for a scanner that does not end a label with Enter: a pause of so many milliseconds does.",
        default: undefined,
      }),
    }),
    "nfc-reader": group({
      name: setting({
        schema: z.string().min(1).max(120).optional(),
        allowed: "a text of 1 to 120 characters",
        description: "A part of the reader's name, when there are several and this one is meant. Else any one will do.",
        default: undefined,
      }),
      socket: setting({
        schema: z.string().startsWith("/").optional(),
        allowed: "a path that begins with /",
        description: "Linux only: where the smart-card service (pcscd) listens, if not at its usual place.",
        default: undefined,
      }),
    }),
  },
});
