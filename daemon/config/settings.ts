import * as z from "zod";
import { walletCurrencies } from "../protocol/values.ts";
import { checkInSettings } from "./check-in.ts";
import { deviceSettings } from "./devices.ts";
import { exactOrigin, isLoopback } from "./origin.ts";
import { logSettings, oneOf, secret } from "./rows.ts";
import { group, optionalGroup, setting } from "../../drivers/setting.ts";

/** Every setting of `tillbridge.json`. From here come the type, the checks, the defaults and docs/config.md. */
export const settings = group({
  till: group({
    id: setting({
      schema: z.string().regex(/^[A-Za-z0-9-]{1,32}$/),
      allowed: "1 to 32 letters, digits and dashes",
      description:
        "Names this till in the shop. It becomes part of what MobilePay is told: never give two tills the same.",
      example: "kassa-1",
    }),
    name: setting({
      schema: z.string().min(1).max(60),
      allowed: "a text of 1 to 60 characters",
      description: "What people call this till.",
      example: "Kassa 1",
    }),
  }),
  dataDir: setting({
    schema: z.string().min(1),
    allowed: "the path of a folder",
    description: "Where the journal lives. Only the service's own user may read it. Never share it between tills.",
    path: true,
    example: "/var/lib/tillbridge",
  }),
  journal: group({
    secondFolder: setting({
      schema: z.string().min(1).optional(),
      allowed: "the path of a folder on another disk",
      description:
        "A second journal, written with each commit, from which the till recovers when its first disk is lost. The folder must be there: it is never made, so that a disk which is missing is noticed. Each till has a folder of its own in it.",
      default: undefined,
      path: true,
      example: "/mnt/second-disk/journals",
    }),
  }),
  listen: group({
    port: setting({
      schema: z.int().min(0).max(65_535),
      allowed: "a whole number from 0 to 65535 (0: any free port)",
      description: "The port on this computer. The address is always 127.0.0.1 and ::1.",
      default: 8455,
    }),
    tls: optionalGroup({
      certificate: setting({
        schema: z.string().min(1),
        allowed: "the path of a file with the certificate (PEM)",
        description: "Only for a POS that must use wss://: the certificate, with its chain.",
        path: true,
      }),
      key: setting({
        schema: z.string().min(1),
        allowed: "the path of a file with the private key (PEM)",
        description: "The certificate's private key.",
        path: true,
      }),
    }),
  }),
  origins: setting({
    schema: z.array(z.string().transform(toOrigin)).max(50),
    allowed: "a list of at most 50 origins",
    allowedEach:
      "an exact origin such as https://pos.example.com: scheme, host and, where needed, port; no path, no wildcard",
    description:
      "The web pages that may connect. A program that is not a browser needs no entry, but a token like everybody.",
    default: [],
    example: ["https://pos.example.com"],
  }),
  mobilepay: group({
    baseUrl: setting({
      schema: z.string().transform(toBaseUrl),
      allowed: "an https URL (http only for this computer itself)",
      description: "MobilePay's address. For the test environment: https://apitest.vipps.no.",
      default: "https://api.vipps.no",
    }),
    merchantSerialNumber: setting({
      schema: z.string().regex(/^[0-9]{4,10}$/),
      allowed: "4 to 10 digits in quotes",
      description: "The sales unit (MSN), from the business portal.",
      example: "123456",
    }),
    clientId: secret("client-id", "The sales unit's client_id, from the business portal."),
    clientSecret: secret("client-secret", "The sales unit's client_secret."),
    subscriptionKey: secret("subscription-key", "The sales unit's Ocp-Apim-Subscription-Key, primary or secondary."),
    proxy: setting({
      schema: z.string().transform(toProxy).optional(),
      allowed:
        'an http URL such as http://name:password@proxy.shop.example:3128, or { "file": "/path" } with it in a file of its own',
      description:
        "The shop's proxy, where the till reaches MobilePay through one; with its name and password, if it wants a login. What the environment names is not obeyed.",
      secret: true,
      default: undefined,
    }),
    ca: setting({
      schema: z.string().min(1).optional(),
      allowed: "the path of a file with certificates (PEM)",
      description:
        "Certificates to trust for MobilePay besides the well-known ones: those of the shop's own filter, where it opens encrypted connections.",
      default: undefined,
      path: true,
    }),
    currency: setting({
      schema: z.enum(walletCurrencies),
      allowed: `${oneOf(walletCurrencies)}: MobilePay's wallets pay in no other`,
      description:
        "The currency of the MobilePay agreement. It also says in which country a phone number without a country code is.",
      default: "DKK",
    }),
    brand: setting({
      schema: z.enum(["MobilePay", "Vipps"]),
      allowed: oneOf(["MobilePay", "Vipps"]),
      description: "What customers call it here.",
      default: "MobilePay",
    }),
    capture: setting({
      schema: z.enum(["onApproval", "onReceipt"]),
      allowed: oneOf(["onApproval", "onReceipt"]),
      description:
        "When the money is taken: as soon as the customer has approved, or when the POS has made the receipt.",
      default: "onApproval",
    }),
    ledgerStartsAtHour: setting({
      schema: z.int().min(0).max(23),
      allowed: "a whole number from 0 to 23",
      description:
        "The hour, where the shop is, at which MobilePay begins a new date in the sales unit's ledger. Midnight, unless MobilePay was asked for another; for `tillbridge reconcile`.",
      default: 0,
    }),
  }),
  checkIn: checkInSettings,
  recovery: group({
    abandonAfterSeconds: setting({
      schema: z.int().min(1).max(3600),
      allowed: "a whole number from 1 to 3600",
      description:
        "A payment that no POS page takes up for this long, after a restart or when its page is gone, is abandoned.",
      default: 30,
    }),
    saleIdHours: setting({
      schema: z.int().min(1).max(8760),
      allowed: "a whole number from 1 to 8760",
      description:
        "So many hours after it was paid a sale id is still the same sale, and is not charged again. Later the same id is a new sale: many a POS begins its numbers again each day.",
      default: 24,
    }),
  }),
  devices: deviceSettings,
  log: logSettings,
});

function toOrigin(text: string, context: z.RefinementCtx): string {
  return exactOrigin(text) ?? refuse(context);
}

function toBaseUrl(text: string, context: z.RefinementCtx): string {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    return refuse(context);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url))) return refuse(context);
  return url.href.replace(/\/+$/, "");
}

/** A name and password are written as in any URL: with what is no letter or digit percent-encoded. */
function toProxy(text: string, context: z.RefinementCtx): string {
  const url = URL.parse(text);
  const isWhole = url?.protocol === "http:" && url.pathname === "/" && url.search === "" && url.hash === "";
  return isWhole && isEscapedRight(url.username + url.password) ? url.href : refuse(context);
}

function isEscapedRight(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text);
}

function refuse(context: z.RefinementCtx): never {
  context.addIssue({ code: "custom" });
  return z.NEVER;
}
