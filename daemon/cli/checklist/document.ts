import { type DoneLines, type LineName, lineNames } from "./run-checklist.ts";

/** What the checklist says beside what was tried. */
export interface ChecklistFacts {
  readonly baseUrl: string;
  readonly merchantSerialNumber: string;
  readonly version: string;
  readonly capture: "onApproval" | "onReceipt";
  readonly startedAt: string;
  readonly references: readonly string[];
  /** Addresses that are registered for MobilePay's webhooks, with their events. Undefined: could not be asked. */
  readonly webhooks: readonly { readonly url: string; readonly events: readonly string[] }[] | undefined;
  /** Payments that could not be brought to nothing. */
  readonly left: readonly string[];
}

const docs = "https://developer.vippsmobilepay.com/docs";

/** The first line of a checklist: a file that begins otherwise is not ours to write over. */
export const title = "# ePayment API checklist";

/** Says for which payments a run is responsible, so that the next one can bring them to their end. */
export function environmentLine({ baseUrl, merchantSerialNumber }: ChecklistFacts): string {
  return `Environment: ${baseUrl}, sales unit (MSN) ${merchantSerialNumber}`;
}

const payments = "/epayment/v1/payments";
const endpoints: Readonly<Record<LineName, readonly [string, string]>> = {
  create: ["Create payment", `POST:${payments}`],
  get: ["Get payment", `GET:${payments}/{reference}`],
  events: ["Get payment event log", `GET:${payments}/{reference}/events`],
  cancelRequest: ["Cancel payment, before approval", `POST:${payments}/{reference}/cancel`],
  cancelReservation: ["Cancel payment, after approval", `POST:${payments}/{reference}/cancel`],
  captureAll: ["Full capture", `POST:${payments}/{reference}/capture`],
  captureParts: ["Partial capture", `POST:${payments}/{reference}/capture`],
  refundAll: ["Full refund", `POST:${payments}/{reference}/refund`],
  refundParts: ["Partial refund", `POST:${payments}/{reference}/refund`],
};

/** MobilePay's ePayment checklist, filled in. Without `done` it is the note of a run that has begun. */
export function checklistText(facts: ChecklistFacts, done: DoneLines | undefined): string {
  const lines = [
    title,
    "",
    `After [MobilePay's ePayment API checklist](${docs}/APIs/epayment-api/checklist/); written by \`tillbridge checklist\`.`,
    "",
    "- Partner or merchant: FILL IN",
    "- Description of the solution: FILL IN (a till in a shop; Tillbridge runs on it between the POS and MobilePay)",
    `- ${environmentLine(facts)}`,
    `- Tried: ${facts.startedAt}, with payments ${facts.references.join(", ")}`,
    "",
    ...(done
      ? filledIn(facts, done)
      : [
          "This run has not come to its end. Run `tillbridge checklist` again: it first brings these payments to theirs.",
        ]),
  ];
  return `${lines.join("\n")}\n`;
}

function filledIn(facts: ChecklistFacts, done: DoneLines): string[] {
  return [
    "## Endpoints",
    "",
    "| endpoint | call | reference | time | outcome |",
    "|---|---|---|---|---|",
    ...lineNames.map((name) => endpointRow(name, done)),
    "| Create payment with Express, Profile sharing, minimum user age | | | | not used at a till |",
    "",
    ...leftOver(facts),
    "## Quality assurance",
    "",
    ...rows(qualityOf(facts)),
    "## Avoiding pitfalls",
    "",
    ...rows(pitfallsOf(facts)),
    "## Before it is sent",
    "",
    ...toDo(facts).map((line) => `- [ ] ${line}`),
  ];
}

function endpointRow(name: LineName, done: DoneLines): string {
  const [purpose, call] = endpoints[name];
  const line = done.get(name);
  if (!line) return `| ${purpose} | \`${call}\` | | | NOT TRIED |`;
  const outcome = line.outcome === "done" ? cell(line.says) : `FAILED: ${cell(line.says)}`;
  return `| ${purpose} | \`${call}\` | \`${line.reference}\` | ${line.at} | ${outcome} |`;
}

/** What MobilePay says must not end the cell. */
function cell(text: string): string {
  return text.replaceAll("|", "/").replaceAll("\n", " ");
}

function leftOver({ left }: ChecklistFacts): string[] {
  if (left.length === 0)
    return ["Nothing is left reserved or taken: every payment above was cancelled or given back.", ""];
  return [`**Left over**, to be cancelled or refunded in MobilePay's business portal: ${left.join(", ")}.`, ""];
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  return ["| item | how |", "|---|---|", ...pairs.map(([item, how]) => `| ${item} | ${how} |`), ""];
}

function qualityOf({ version, webhooks }: ChecklistFacts): (readonly [string, string])[] {
  return [
    [
      "Webhooks and polling",
      `Every payment is asked about (GET) until it has come to its end; webhooks, where they are set up, only make the next question come at once. ${webhookWords(webhooks)}`,
    ],
    [
      "Handle responses",
      "CREATED, AUTHORIZED, ABORTED, EXPIRED and TERMINATED are states of the till's own payment; money is read from the aggregate, and CANCELLED, CAPTURED and REFUNDED from the event log.",
    ],
    [
      "Handle errors",
      'Each published error code has words for the cashier in five languages and says what to do. A timeout is "not known": the same request is sent again with the same key, or MobilePay is asked.',
    ],
    [
      "Log errors",
      "Each failed call is logged with operation, reference, status, code, fields and traceId. Bodies and keys never are.",
    ],
    [
      "HTTP headers",
      `On every call: \`Merchant-Serial-Number\`, \`Vipps-System-Name: tillbridge\`, \`Vipps-System-Version: ${version}\``,
    ],
    ["Order details", "The POS's receipt lines are sent as `receipt` when the payment is made."],
    ["Customer interaction", "`CUSTOMER_PRESENT` on every payment."],
    ["Operational updates", "FILL IN: who in the shop follows https://status.vippsmobilepay.com"],
  ];
}

function webhookWords(webhooks: ChecklistFacts["webhooks"]): string {
  if (webhooks === undefined) return "Which are registered could not be asked.";
  if (webhooks.length === 0) return "None is registered for this sales unit.";
  return `Registered: ${webhooks.map(({ url, events }) => `${cell(url)} (${events.length} events)`).join(", ")}.`;
}

function pitfallsOf({ capture }: ChecklistFacts): (readonly [string, string])[] {
  return [
    [
      "Useful reference",
      "The till's name, a dash, and the POS's own id of the payment: found by it in the POS and in the business portal. Never used twice.",
    ],
    ["Redirects", "None: PUSH_MESSAGE or a code on the till's screen."],
    [
      "Capture in time",
      capture === "onApproval"
        ? "As soon as the customer has approved; the goods are handed over at the counter."
        : "When the POS has made the receipt.",
    ],
    [
      "Cancel what is not captured",
      "A sale that is given up is cancelled; a reservation that is left is on the till's decision list, with its last day, and found by the nightly comparison.",
    ],
    [
      "Customers of other countries",
      "Phone numbers with any country code are sent as they are; the currency is the sales unit's.",
    ],
    ["Design guidelines", `FILL IN: the POS page follows ${docs}/knowledge-base/design-guidelines`],
    [
      "Support tooling",
      "The till's console, `tillbridge journal show`, `tillbridge reconcile` and `tillbridge support-bundle`; not the business portal.",
    ],
  ];
}

function toDo({ webhooks }: ChecklistFacts): string[] {
  return [
    "Each FILL IN above.",
    ...(webhooks?.length === 0
      ? ["`tillbridge webhooks register`, then this checklist again: MobilePay wants webhooks and polling."]
      : []),
    "A video of a sale at the till, from the first button to the receipt.",
    `Partners: into the editable PDF of ${docs}/APIs/epayment-api/checklist/, and to developer@vippsmobilepay.com. The references must be less than a month old.`,
  ];
}
