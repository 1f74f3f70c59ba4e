import * as z from "zod";
import { group, setting, type ValueOf } from "../setting.ts";

/** The one scanner that is taken: never any keyboard but this. Not in the example: it is the last resort. */
export const keyboardScannerSettings = group(
  {
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
  },
  { inExample: false },
);

export type KeyboardScannerConfig = ValueOf<typeof keyboardScannerSettings>;
