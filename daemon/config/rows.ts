import * as z from "zod";
import { group, optionalGroup, setting } from "../../drivers/setting.ts";

// Rows that more than one table of settings has.

const secretText = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[\x21-\x7e]+$/);
const secretAllowed = 'a text without spaces, or { "file": "/path" } with the text in a file of its own';

export function secret(fileName: string, description: string) {
  const example = { file: `/etc/tillbridge/${fileName}` };
  return setting({ schema: secretText, allowed: secretAllowed, description, secret: true, example });
}

export function optionalSecret(description: string) {
  const schema = secretText.optional();
  return setting({ schema, allowed: secretAllowed, description, secret: true, default: undefined });
}

export function oneOf(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** Where webhooks are received: never the port of the POS pages. */
export const webhookListener = group({
  address: setting({
    schema: z.union([z.ipv4(), z.ipv6()]),
    allowed: "an IP address of this computer (0.0.0.0 or :: for all of them)",
    description: "Where to listen for MobilePay's webhooks, which a proxy or tunnel passes on.",
    default: "127.0.0.1",
  }),
  port: setting({
    schema: z.int().min(1).max(65_535),
    allowed: "a whole number from 1 to 65535",
    description: "The port for webhooks.",
    default: 8456,
  }),
  tls: optionalGroup({
    certificate: setting({
      schema: z.string().min(1),
      allowed: "the path of a file with the certificate (PEM)",
      description: "Only where no proxy ends the encryption: the certificate, with its chain.",
      path: true,
    }),
    key: setting({
      schema: z.string().min(1),
      allowed: "the path of a file with the private key (PEM)",
      description: "The certificate's private key.",
      path: true,
    }),
  }),
});

export const logSettings = group({
  level: setting({
    schema: z.enum(["debug", "info", "warn", "error"]),
    allowed: oneOf(["debug", "info", "warn", "error"]),
    description: "The least important records that are kept.",
    default: "info",
  }),
  file: setting({
    schema: z.string().min(1).optional(),
    allowed: "the path of a file",
    description: "Write the log here instead of to stderr, and keep it small. Not needed under systemd.",
    default: undefined,
    path: true,
  }),
  fileMegabytesMax: setting({
    schema: z.int().min(1).max(1000),
    allowed: "a whole number from 1 to 1000",
    description: "At this size a new log file is begun; the last five are kept.",
    default: 10,
  }),
});
