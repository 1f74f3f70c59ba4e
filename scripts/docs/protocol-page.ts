import type * as z from "zod";
import { eventTable } from "../../daemon/protocol/events.ts";
import { type MethodRow, methodTable } from "../../daemon/protocol/methods.ts";
import { protocolVersions } from "../../daemon/protocol/version.ts";
import { type FieldRow, namedValues, shapesOf, typeBehindName, typeOf } from "./schema-rows.ts";

/** docs/protocol.md: every method, event and value, from the tables. */
export function protocolPage(): string {
  return [
    "# Protocol",
    "",
    `Version ${protocolVersions.max}. JSON-RPC 2.0 over a WebSocket at \`ws://127.0.0.1:8455/v1\` and \`ws://[::1]:8455/v1\`: one object per text frame, named`,
    "parameters only, every call with an id. The first message is `session.hello` or `session.requestAccess`. Unknown parameters are refused.",
    "Times are RFC 3339 in UTC with milliseconds; amounts are whole numbers of the currency's smallest unit. What can go wrong: [errors](errors.md).",
    "",
    "Every client has rights: `read` (all have it), `sell`, `refund`, `settings`; all of them unless `access add --rights` says otherwise. `session.hello`",
    "tells which. A call without the right is `ACCESS_DENIED` and says in `needs` what is missing.",
    "",
    ...closeCodeLines(),
    "## Methods",
    "",
    "Who may call which with what right. The till's own console looks, pairs and decides; it does not sell. What is safe to repeat, the client repeats by",
    "itself after a dropped connection.",
    "",
    ...whoMayCallLines(),
    ...Object.entries(methodTable).flatMap(([name, row]) => methodLines(name, row)),
    "## Events",
    "",
    "Notifications. Every one also carries `seq` (whole number, only grows, across restarts too) and `at` (time). Pages that were away get what they missed",
    "by `afterSeq` or `events.replay`.",
    "",
    ...Object.entries(eventTable).flatMap(([name, row]) => eventLines(name, row)),
    "### session.accessCode",
    "",
    "Sent once, right after `session.requestAccess`, before there is a session: show `code` to the person at the till.",
    "",
    "## Values",
    "",
    ...Object.entries(namedValues).flatMap(([name, schema]) => valueLines(name, schema)),
  ].join("\n");
}

function closeCodeLines(): string[] {
  return [
    "| the daemon closes with | because |",
    "|---|---|",
    "| 1001 | it is stopping; it comes back by itself |",
    "| 1003 | the frame was binary |",
    "| 1008 | a frame came in too many pieces |",
    "| 1009 | a frame was over 64 KiB |",
    "| 4401 | the first message was no hello, or its token is not known (any more) |",
    "| 4408 | there was no hello within 3 seconds |",
    "| 4413 | the client does not read what it is sent |",
    "| 4429 | too many messages |",
    "",
  ];
}

const callersWords: Readonly<Record<MethodRow["callers"], string>> = {
  pages: "pages and programs",
  console: "the console",
  all: "both",
};

function whoMayCallLines(): string[] {
  return [
    "| method | right | called by | safe to repeat |",
    "|---|---|---|---|",
    ...Object.entries(methodTable).map(([name, { right, callers, repeatable }]) => {
      const needed = right === "none" ? "" : `\`${right}\``;
      return `| \`${name}\` | ${needed} | ${callersWords[callers]} | ${repeatable ? "yes" : ""} |`;
    }),
    "",
  ];
}

function methodLines(name: string, { params, result, summary, right, repeatable }: MethodRow): string[] {
  const again = repeatable ? ["Safe to repeat: the client does so by itself after a dropped connection.", ""] : [];
  const answer = typeOf(result);
  const answerLines = answer.startsWith("[")
    ? [`Answer: ${answer}`, ""]
    : ["Answer:", "", ...shapesLines(shapesOf(result, "output"))];
  const rightLines = right === "none" ? [] : [`Right: \`${right}\`.`, ""];
  return [
    `### ${name}`,
    "",
    summary,
    "",
    ...rightLines,
    ...again,
    ...paramsLines(shapesOf(params, "input")),
    ...answerLines,
  ];
}

function paramsLines(shapes: FieldRow[][]): string[] {
  const isEmpty = shapes.every((rows) => rows.length === 0);
  return isEmpty ? ["No parameters.", ""] : ["Parameters:", "", ...shapesLines(shapes, "required")];
}

type EventRow = (typeof eventTable)[keyof typeof eventTable];

function eventLines(name: string, { params, summary, hearers }: EventRow): string[] {
  const toOne = "While a page has claimed the devices, only that page and the console hear it.";
  const hearersLines = hearers === "claimHolder" ? [toOne, ""] : [];
  return [`### ${name}`, "", summary, "", ...hearersLines, ...shapesLines(shapesOf(params, "output"))];
}

function valueLines(name: string, schema: z.ZodType): string[] {
  const shapes = shapesOf(schema, "output");
  const isPlain = shapes.every((rows) => rows.length === 0);
  return [`### ${name}`, "", ...(isPlain ? [typeBehindName(schema), ""] : shapesLines(shapes))];
}

function shapesLines(shapes: FieldRow[][], isThere = "always"): string[] {
  return shapes.flatMap((rows, index) => [...(index > 0 ? ["or", ""] : []), ...tableLines(rows, isThere)]);
}

function tableLines(rows: FieldRow[], isThere: string): string[] {
  const lines = rows.map(({ field, type, isRequired }) => `| \`${field}\` | ${type} | ${isRequired ? "yes" : ""} |`);
  return [`| field | type | ${isThere} |`, "|---|---|---|", ...lines, ""];
}
