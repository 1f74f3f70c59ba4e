import { resolve } from "node:path";
import { argumentsIn } from "../arguments.ts";
import { UsageError } from "../command.ts";
import type { SecretName } from "../system/secret-places.ts";
import type { Edit } from "../../config/edit.ts";

export const usage = `Usage: tillbridge setup [options]

Sets this till up: asks for what is missing, tries the keys with MobilePay, finds the scanners and the NFC reader, writes the
settings, starts the service and gives the POS page access. Again: shows what is set, and changes only what is asked.

  --from FILE                  the answers, for many tills (JSON with comments; docs/setup.md). Options here win
  --till-id ID                 names the till in the shop: no two tills the same
  --till-name TEXT             what people call it
  --msn DIGITS                 the sales unit, from the business portal
  --origin ORIGIN              the POS page's, such as https://pos.example.com; may be given several times
  --base-url URL | --test      MobilePay's address, or that of its test environment
  --currency CURRENCY          DKK, EUR or NOK
  --ca FILE                    certificates of a filter that opens encrypted connections (PEM)
  --check-in MODE              frontend, webhook or mqtt (docs/check-ins.md)
  --webhook-url URL            with webhook: the address that is registered with MobilePay
  --broker-url URL             with mqtt: the broker, and the name to log in with
  --broker-username NAME
  --port N, --data-dir FOLDER  where the page connects (8455), where the journal lives

The keys never stand on the command line, where every program can read them:
  --client-id-file FILE        each key in a file of its own, which only you can read
  --client-secret-file FILE
  --subscription-key-file FILE
  --broker-password-file FILE
  --proxy-file FILE            the shop's proxy, with its login: http://name:password@proxy.example:3128
  --secrets-from-stdin         or all as JSON on stdin: {"clientId": "…", "clientSecret": "…", "subscriptionKey": "…"}

  --devices find|keep|none     take those that are found now, leave them as they are set, or use none
  --client-name NAME           the POS page's name in the list of those with access ("POS")
  --new-token                  a new token for it; the one before is void
  --dry-run                    show what would be done, and do nothing
  --no-check                   without asking MobilePay: for a till that is prepared where there is no network
  --no-service                 write the settings and give access, but start nothing

Exit codes: 0 ready; 1 failed; 2 wrong usage, or a setting is missing or wrong; 4 MobilePay was not reached; 5 MobilePay refuses the
keys; 6 the keys are not those of the sales unit; 7 set up, but the sales unit may not send payment requests to phones; 8 set up, but
the service does not run or the POS page got no access. With 1 to 6 nothing was changed.`;

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const options = {
  from: text,
  "till-id": text,
  "till-name": text,
  msn: text,
  origin: { type: "string", multiple: true },
  "base-url": text,
  test: flag,
  currency: text,
  "check-in": text,
  "webhook-url": text,
  "broker-url": text,
  "broker-username": text,
  port: text,
  "data-dir": text,
  "client-id-file": text,
  "client-secret-file": text,
  "subscription-key-file": text,
  "broker-password-file": text,
  "proxy-file": text,
  ca: text,
  "secrets-from-stdin": flag,
  devices: text,
  "client-name": text,
  "new-token": flag,
  "dry-run": flag,
  "no-check": flag,
  "no-service": flag,
  help: flag,
} as const;

export type DeviceChoice = "find" | "keep" | "none";

/** The command line, taken apart. */
export interface SetupOptions {
  readonly from: string | undefined;
  readonly edits: readonly Edit[];
  readonly secretFiles: ReadonlyMap<SecretName, string>;
  readonly secretsFromStdin: boolean;
  readonly devices: DeviceChoice | undefined;
  readonly clientName: string | undefined;
  readonly newToken: boolean;
  readonly dryRun: boolean;
  readonly checks: boolean;
  readonly service: boolean;
  readonly help: boolean;
}

const testUrl = "https://apitest.vipps.no";

/** Throws `UsageError`. */
export function setupOptionsIn(argv: readonly string[]): SetupOptions {
  const values = valuesIn(argv);
  if (values.test && values["base-url"] !== undefined) throw new UsageError("--test or --base-url, not both");
  return {
    from: values.from,
    edits: editsOf(values),
    secretFiles: secretFilesOf(values),
    secretsFromStdin: values["secrets-from-stdin"],
    devices: deviceChoice(values.devices),
    clientName: values["client-name"],
    newToken: values["new-token"],
    dryRun: values["dry-run"],
    checks: !values["no-check"],
    service: !values["no-service"],
    help: values.help,
  };
}

type Values = ReturnType<typeof valuesIn>;

function valuesIn(argv: readonly string[]) {
  return argumentsIn(argv, { options }).values;
}

function editsOf(values: Values): Edit[] {
  const wanted: [string, unknown][] = [
    ["till.id", values["till-id"]],
    ["till.name", values["till-name"]],
    ["dataDir", values["data-dir"]],
    ["listen.port", values.port === undefined ? undefined : numberIn(values.port)],
    ["origins", values.origin],
    ["mobilepay.baseUrl", values.test ? testUrl : values["base-url"]],
    ["mobilepay.merchantSerialNumber", values.msn],
    ["mobilepay.currency", values.currency],
    ["mobilepay.ca", values.ca === undefined ? undefined : resolve(values.ca)],
    ["checkIn.mode", values["check-in"]],
    ["checkIn.url", values["webhook-url"] ?? values["broker-url"]],
    ["checkIn.username", values["broker-username"]],
  ];
  return wanted.flatMap(([key, value]) => (value === undefined ? [] : [{ path: key.split("."), value }]));
}

/** What is no number is left to the settings' own words for it. */
function numberIn(words: string): unknown {
  return /^\d+$/.test(words) ? Number(words) : words;
}

function secretFilesOf(values: Values): Map<SecretName, string> {
  const files: [SecretName, string | undefined][] = [
    ["clientId", values["client-id-file"]],
    ["clientSecret", values["client-secret-file"]],
    ["subscriptionKey", values["subscription-key-file"]],
    ["brokerPassword", values["broker-password-file"]],
    ["proxy", values["proxy-file"]],
  ];
  return new Map(files.flatMap(([name, file]) => (file === undefined ? [] : [[name, file]])));
}

function deviceChoice(word: string | undefined): DeviceChoice | undefined {
  const known = (["find", "keep", "none"] as const).find((choice) => choice === word);
  if (word !== undefined && known === undefined) throw new UsageError("--devices must be find, keep or none");
  return known;
}
