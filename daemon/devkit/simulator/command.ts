import { once } from "node:events";
import { type WalletCurrency, defaultCredentials } from "./sales-unit.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";
import { builtPages } from "../till/own-build.ts";
import { argumentsIn } from "../../cli/arguments.ts";
import { type CommandContext, CommandError, exitCodes, UsageError } from "../../cli/command.ts";

const usage = `Usage: tillbridge simulator [options]

Plays Vipps MobilePay on this machine: the whole API that a till needs, and the customer's phone.

  --port N                where to listen on 127.0.0.1 (8460; 0 picks a free port)
  --msn DIGITS            merchant serial number (${defaultCredentials.merchantSerialNumber})
  --client-id TEXT        the keys that the till must send
  --client-secret TEXT
  --subscription-key TEXT
  --currency DKK|EUR|NOK  the shop's market (DKK)
  --shop TEXT             the shop's name on the customer's phone
  --no-push               PUSH_MESSAGE is not allowed, as for a new sales unit (5080)
  --no-partial-capture    the whole amount must be captured (6140)
  --no-reports            the keys may not read the ledger's reports (401)
  --ledger-hour N         a date of the ledger begins at this hour where the shop is (0)
  --token-seconds N       life of an access token (3600)
  --seed N                dice for faults planned with a probability`;

const options = {
  port: { type: "string", default: "8460" },
  msn: { type: "string", default: defaultCredentials.merchantSerialNumber },
  "client-id": { type: "string", default: defaultCredentials.clientId },
  "client-secret": { type: "string", default: defaultCredentials.clientSecret },
  "subscription-key": { type: "string", default: defaultCredentials.subscriptionKey },
  currency: { type: "string", default: "DKK" },
  shop: { type: "string", default: "Simulated shop" },
  "no-push": { type: "boolean", default: false },
  "no-partial-capture": { type: "boolean", default: false },
  "no-reports": { type: "boolean", default: false },
  "ledger-hour": { type: "string", default: "0" },
  "token-seconds": { type: "string", default: "3600" },
  seed: { type: "string", default: "1" },
  help: { type: "boolean", default: false },
} as const;

type Context = Pick<CommandContext, "print" | "stop" | "world">;

/** `tillbridge simulator`: runs until it is told to stop. */
export async function simulatorCommand(argv: readonly string[], context: Context): Promise<number> {
  const values = parse(argv);
  if (values.help) {
    context.print(usage);
    return exitCodes.done;
  }
  const asked = settings(values);
  const pagesDir = builtPages("phone");
  const simulator = await start({ ...asked, ...(pagesDir !== undefined && { pagesDir }), world: context.world });
  context.print(greeting(simulator, asked));
  if (!context.stop.aborted) await once(context.stop, "abort");
  await simulator.close();
  return exitCodes.done;
}

async function start(options: SimulatorOptions): Promise<Simulator> {
  try {
    return await startSimulator(options);
  } catch {
    throw new CommandError(`Port ${options.port ?? 0} on 127.0.0.1 cannot be used; choose another with --port.`);
  }
}

function parse(argv: readonly string[]) {
  return argumentsIn(argv, { options }).values;
}

type Asked = Omit<SimulatorOptions, "world">;

function settings(values: ReturnType<typeof parse>): Asked {
  const currency = (["DKK", "EUR", "NOK"] satisfies WalletCurrency[]).find((one) => one === values.currency);
  if (currency === undefined) throw new UsageError("--currency must be DKK, EUR or NOK.");
  if (!/^[0-9]{4,10}$/.test(values.msn)) throw new UsageError("--msn must be 4 to 10 digits.");
  return {
    port: whole("--port", values.port, 65_535),
    tokenLifeSeconds: whole("--token-seconds", values["token-seconds"], 86_400),
    seed: whole("--seed", values.seed, 4_294_967_295),
    currency,
    ledgerStartsAtHour: whole("--ledger-hour", values["ledger-hour"], 23),
    shopName: values.shop,
    credentials: {
      merchantSerialNumber: values.msn,
      clientId: values["client-id"],
      clientSecret: values["client-secret"],
      subscriptionKey: values["subscription-key"],
    },
    features: {
      pushMessage: !values["no-push"],
      partialCapture: !values["no-partial-capture"],
      reports: !values["no-reports"],
    },
  };
}

function whole(name: string, text: string, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new UsageError(`${name} must be a whole number from 0 to ${most}.`);
}

function greeting({ url }: Simulator, { credentials, currency }: Asked): string {
  const mobilepay = { baseUrl: url, ...credentials, currency };
  return [
    `MobilePay simulator: ${url}`,
    `The customer's phone: ${url}/phone`,
    "For tillbridge.json (these keys open nothing else):",
    `"mobilepay": ${JSON.stringify(mobilepay, null, 2)}`,
  ].join("\n");
}
