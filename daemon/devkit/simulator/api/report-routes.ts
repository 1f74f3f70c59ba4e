import { PlatformRefusal } from "../platform/errors.ts";
import { cursorStart } from "../platform/ledger.ts";
import type { ApiCall, ApiReply, ApiRoute } from "./routes.ts";

const common = { method: "GET", family: "problem", access: "merchant", msn: "optional" } as const;
const itemsPerPage = 100;

/** Settlement v1 and Report v2: which ledger a sales unit has, and what went through it on a day. */
export const reportRoutes: readonly ApiRoute[] = [
  {
    ...common,
    operation: "ledgers",
    path: "/settlement/v1/ledgers",
    handle: (call) => allowed(call) ?? { status: 200, body: { items: ledgersFor(call) } },
  },
  {
    ...common,
    operation: "report",
    path: "/report/v2/ledgers/:ledgerId/:topic/dates/:ledgerDate",
    handle: (call) => allowed(call) ?? { status: 200, body: day(call) },
  },
];

/** The report API answers keys that may not use it in a shape of its own. */
function allowed({ platform }: ApiCall): ApiReply | undefined {
  if (platform.unit.features.reports) return undefined;
  return { status: 401, body: { code: "Unauthorized", message: "Please check your API keys" } };
}

const businessSchemes = { DKK: "business:DK:CVR", EUR: "business:FI:Y-tunnus", NOK: "business:NO:ORG" } as const;
const accountSchemes = { DKK: "BBAN:DK", EUR: "IBAN", NOK: "BBAN:NO" } as const;

function ledgersFor({ platform, msn, query }: ApiCall): object[] {
  const handle = `api:${msn}`;
  const wanted = query.get("settlesForRecipientHandles");
  if (wanted !== null && wanted !== handle) return [];
  const { currency } = platform.unit;
  return [
    {
      ledgerId: ledgerIdOf(msn),
      currency,
      payoutBankAccount: { scheme: accountSchemes[currency], id: "00000000000" },
      owner: { scheme: businessSchemes[currency], id: "000000000" },
      settlesForRecipientHandles: [handle],
    },
  ];
}

function day({ platform, msn, parameters, query }: ApiCall): Record<string, unknown> {
  const { ledgerId = "", topic = "", ledgerDate: date = "" } = parameters;
  if (ledgerId !== ledgerIdOf(msn) || (topic !== "funds" && topic !== "fees"))
    throw new PlatformRefusal(404, "Not Found", []);
  return platform.ledger.day({ date, topic, from: cursorStart(query.get("cursor")), count: itemsPerPage });
}

function ledgerIdOf(msn: string): string {
  return `3${msn}`;
}
