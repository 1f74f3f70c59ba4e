import * as z from "zod";
import { encodingSetting } from "../encoding-setting.ts";
import { group, setting, type ValueOf } from "../setting.ts";

/** Which scanner, when any one will not do. */
export const hidScannerSettings = group({
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
  encoding: encodingSetting,
});

export type HidScannerConfig = ValueOf<typeof hidScannerSettings>;
