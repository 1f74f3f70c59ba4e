import * as z from "zod";
import { isLoopback } from "./origin.ts";
import { optionalSecret, secret, webhookListener } from "./rows.ts";
import { choice, group, setting } from "../../drivers/setting.ts";

const maxAgeBeforeSaleSeconds = setting({
  schema: z.int().min(0).max(900),
  allowed: "a whole number from 0 to 900",
  description: "A customer who scanned the tag at most this long before the sale was rung up still counts for it.",
  default: 60,
});

/** The address that MobilePay knows. Its host and path are part of what MobilePay signs. */
export const webhookUrl = setting({
  schema: z.string().max(1000).transform(toWebhookUrl),
  allowed: "an https URL (http only for this computer itself)",
  description:
    "The address that is registered with MobilePay. A proxy may change host and port on the way, but not the path.",
  example: "https://till.example.com/mobilepay",
});

/** How to reach the broker, for a till and for the relay. */
export const brokerRows = {
  url: setting({
    schema: z.string().max(1000).transform(toBrokerUrl),
    allowed: "an mqtts URL such as mqtts://broker.example.com:8883 (mqtt only for this computer itself)",
    description: "The MQTT 5 broker.",
    example: "mqtts://broker.example.com:8883",
  }),
  username: setting({
    schema: z.string().min(1).max(200),
    allowed: "a text of 1 to 200 characters",
    description: "The name to log in to the broker with: one for each till and each relay.",
    example: "kassa-1",
  }),
  password: secret("broker-password", "The password that goes with it."),
  ca: setting({
    schema: z.string().min(1).optional(),
    allowed: "the path of a file with certificates (PEM)",
    description: "Whom to trust for the broker's certificate, where its authority is not a public one.",
    default: undefined,
    path: true,
  }),
  topicPrefix: setting({
    schema: z.string().regex(/^[\w.-]{1,60}(?:\/[\w.-]{1,60}){0,4}$/),
    allowed: "letters, digits, dots, dashes and underscores, in up to five parts with / between them",
    description: "What all topics begin with. The same for the relay and its tills.",
    default: "tillbridge",
  }),
};

/** How the till learns that a customer scanned its tag. */
export const checkInSettings = choice({
  by: "mode",
  default: "frontend",
  description:
    "How the till learns that a customer scanned its tag. `frontend`: the POS hands it in with checkIn.notify. `webhook`: MobilePay tells this till itself. `mqtt`: a relay tells it (docs/check-ins.md).",
  groups: {
    frontend: group({ maxAgeBeforeSaleSeconds }),
    webhook: group({
      url: webhookUrl,
      secret: optionalSecret(
        "The registration's secret. Left out: what `tillbridge webhooks register` keeps in the data folder.",
      ),
      listen: webhookListener,
      maxAgeBeforeSaleSeconds,
    }),
    mqtt: group({ ...brokerRows, maxAgeBeforeSaleSeconds }),
  },
});

function toWebhookUrl(text: string, context: z.RefinementCtx): string {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || url.hash !== "") return refuse(context);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url))) return refuse(context);
  return url.href;
}

function toBrokerUrl(text: string, context: z.RefinementCtx): string {
  const url = URL.parse(text);
  if (url === null || url.hostname === "" || url.username !== "" || url.password !== "") return refuse(context);
  if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") return refuse(context);
  if (url.protocol !== "mqtts:" && !(url.protocol === "mqtt:" && isLoopback(url))) return refuse(context);
  return url.href;
}

function refuse(context: z.RefinementCtx): never {
  context.addIssue({ code: "custom" });
  return z.NEVER;
}
