import * as z from "zod";
import { group, setting, type ValueOf } from "../setting.ts";

/** Which reader, when any one will not do. */
export const nfcReaderSettings = group({
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
});

export type NfcReaderConfig = ValueOf<typeof nfcReaderSettings>;
