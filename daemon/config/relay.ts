import * as z from "zod";
import { brokerRows, webhookUrl } from "./check-in.ts";
import { logSettings, optionalSecret, webhookListener } from "./rows.ts";
import { group, list, setting } from "../../drivers/setting.ts";

/** Every setting of `relay.json`. */
export const relaySettings = group({
  listen: webhookListener,
  broker: group(brokerRows),
  salesUnits: list({
    description: "The sales units whose webhooks come here, each with an address of its own.",
    itemsMax: 10_000,
    item: group({
      merchantSerialNumber: setting({
        schema: z.string().regex(/^[0-9]{4,10}$/),
        allowed: "4 to 10 digits in quotes",
        description: "The sales unit (MSN).",
        example: "123456",
      }),
      url: webhookUrl,
      secret: optionalSecret("The registration's secret."),
      registrations: setting({
        schema: z.string().min(1).optional(),
        allowed: "the path of a file that tillbridge webhooks register has written",
        description: "In place of the secret: where it is kept. Read again whenever it changes.",
        default: undefined,
        path: true,
        example: "/etc/tillbridge/webhooks.json",
      }),
    }),
  }),
  log: logSettings,
});
