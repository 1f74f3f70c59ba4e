import * as z from "zod";
import { encodings } from "./encoding.ts";
import { setting } from "./setting.ts";

/** For scanners that send bytes of text. */
export const encodingSetting = setting({
  schema: z.enum(encodings).optional(),
  allowed: `one of ${encodings.join(", ")}`,
  description:
    "The code page that the scanner is set to send, for letters such as ø, ä and å. Left out: UTF-8, or else ISO 8859-1.",
  default: undefined,
});
