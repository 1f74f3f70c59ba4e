import * as z from "zod";
import { group, setting, type ValueOf } from "../setting.ts";

const milliseconds = z.int().min(0).max(86_400_000);

const step = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("wait"), ms: milliseconds }),
  // `label` may begin with an AIM identifier, such as `]Q1`.
  z.strictObject({ do: z.literal("scan"), label: z.string().max(8192) }),
  z.strictObject({
    do: z.literal("tap"),
    uid: z.string().regex(/^([0-9a-f]{2}){4,10}$/),
    uri: z.string().max(500).optional(),
  }),
  // Something that makes no sense.
  z.strictObject({ do: z.literal("garble") }),
  // The cable is pulled, and the device is not there for so long.
  z.strictObject({ do: z.literal("unplug"), ms: milliseconds }),
  // As `unplug`, but the device is there and refuses to be opened.
  z.strictObject({ do: z.literal("break"), ms: milliseconds }),
]);

/** What a simulated device does next. */
export type ScriptStep = Readonly<z.infer<typeof step>>;

/** A device that plays a script. Not in the example: no shop has one. */
export const simulatedSettings = group(
  {
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
  },
  { inExample: false },
);

export type SimulatedSettings = ValueOf<typeof simulatedSettings>;
