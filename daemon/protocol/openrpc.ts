import * as z from "zod";
import { errorTable } from "./errors.ts";
import { eventStamp, eventTable } from "./events.ts";
import { standardErrorTable } from "./json-rpc.ts";
import { accessCodeParams, methodTable } from "./methods.ts";

type Schema = Record<string, unknown>;

/** The OpenRPC 1.3 document of the protocol, from the tables. Notifications stand under `x-notifications`: OpenRPC has no place for them. */
export function openRpcDocument(version: string) {
  return {
    openrpc: "1.3.2",
    info: { title: "Tillbridge", version, license: { name: "MIT" } },
    methods: Object.entries(methodTable).map(([name, row]) => ({
      name,
      summary: row.summary,
      "x-right": row.right,
      "x-callers": row.callers,
      "x-repeatable": row.repeatable,
      paramStructure: "by-name",
      params: paramsOf(schemaOf(row.params, "input")),
      result: { name: "result", schema: schemaOf(row.result, "output") },
    })),
    components: { errors: errorsOf({ ...standardErrorTable, ...errorTable }) },
    "x-notifications": [
      { name: "session.accessCode", params: schemaOf(accessCodeParams, "output") },
      ...Object.entries(eventTable).map(([name, row]) => ({
        name,
        summary: row.summary,
        "x-hearers": row.hearers,
        params: schemaOf(z.strictObject({ ...row.params.shape, ...eventStamp.shape }), "output"),
      })),
    ],
  };
}

/** JSON Schema draft 2020-12. */
export function schemaOf(schema: z.ZodType, io: "input" | "output"): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

/** OpenRPC lists parameters one by one. For a choice of shapes: all of them, required where every shape requires it. */
function paramsOf(schema: Schema) {
  const shapes = (schema["anyOf"] ?? schema["oneOf"] ?? [schema]) as ObjectSchema[];
  const names = new Set(shapes.flatMap((shape) => Object.keys(shape.properties)));
  return [...names].map((name) => ({
    name,
    required: shapes.every((shape) => shape.required?.includes(name) ?? false),
    schema: shapes.find((shape) => name in shape.properties)?.properties[name],
  }));
}

/** What zod makes of a strict object: every row of the method table is one, or a choice of several. */
interface ObjectSchema {
  readonly properties: Record<string, Schema>;
  readonly required?: readonly string[];
}

function errorsOf(table: Record<string, { number: number; message: string; retry: string; hint: string }>) {
  const rows = Object.entries(table).map(([code, { number, message, retry, hint }]) => [
    code,
    { code: number, message, data: { code, retry, hint } },
  ]);
  return Object.fromEntries(rows) as Record<string, object>;
}
