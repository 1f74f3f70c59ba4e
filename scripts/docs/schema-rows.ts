import * as z from "zod";
import * as values from "../../daemon/protocol/values.ts";

/** A field of a call, an answer, an event or a value, as a person reads it. */
export interface FieldRow {
  /** `sale.total`, `records[].type` */
  readonly field: string;
  readonly type: string;
  readonly isRequired: boolean;
}

/** Values that have a name of their own: described once, linked from wherever they stand. */
export const namedValues: Readonly<Record<string, z.ZodType>> = {
  Money: values.money,
  Customer: values.customer,
  Receipt: values.receipt,
  PaymentState: values.paymentState,
  PaymentView: values.paymentView,
  RefundView: values.refundView,
  RecoveryItem: values.recoveryItem,
  TillView: values.tillView,
  Terminal: values.terminal,
  PaymentMethod: values.paymentMethod,
  DeviceView: values.deviceView,
  Failure: values.failure,
};

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

type TopSchema = Schema & { readonly $defs?: Readonly<Record<string, Schema>> };

const names = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(namedValues)) names.add(schema, { id });

/** One list of rows per shape that is allowed; most schemas have one. A named value stays a name, except at the top. */
export function shapesOf(schema: z.ZodType, io: "input" | "output"): FieldRow[][] {
  const top = topOf(z.toJSONSchema(schema, { io, metadata: names }) as TopSchema);
  return alternatives(top).map((shape) => rowsOf(shape, ""));
}

/** A value in one word: its name with a link, or what it is. */
export function typeOf(schema: z.ZodType): string {
  return typeText(z.toJSONSchema(schema, { io: "output", metadata: names }) as Schema);
}

/** What a named value is, for its own place in the page. */
export function typeBehindName(schema: z.ZodType): string {
  return typeText(topOf(z.toJSONSchema(schema, { io: "output", metadata: names }) as TopSchema));
}

function topOf(schema: TopSchema): Schema {
  const name = schema.$ref && nameIn(schema.$ref);
  return (name && schema.$defs?.[name]) || schema;
}

function rowsOf(schema: Schema, prefix: string): FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const field = prefix + name;
    const isRequired = schema.required?.includes(name) ?? false;
    const row = { field, type: typeText(property), isRequired };
    if (property.properties) return [row, ...rowsOf(property, `${field}.`)];
    if (property.items?.properties) return [row, ...rowsOf(property.items, `${field}[].`)];
    return [row];
  });
}

function typeText(schema: Schema): string {
  if (schema.$ref) return linkTo(nameIn(schema.$ref));
  const choices = alternatives(schema);
  if (choices.length > 1) return choices.map(typeText).join(" or ");
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(" or ");
  switch (schema.type) {
    case "string":
      return textType(schema);
    case "integer":
      return `whole number${range(schema.minimum, safeMaximum(schema.maximum), "")}`;
    case "array":
      return `list of ${schema.items ? typeText(schema.items) : "anything"}${range(schema.minItems, schema.maxItems, " items")}`;
    case "object":
      return schema.properties ? "object" : "object of text to text";
    default:
      return schema.type ?? "anything";
  }
}

function textType({ format, pattern, minLength, maxLength }: Schema): string {
  if (format === "date-time") return "time";
  if (pattern) return `text like \`${pattern.replaceAll("|", "\\|")}\``;
  return `text${range(minLength, maxLength, " characters")}`;
}

/** Numbers that a program can hold are not worth a word. */
function safeMaximum(maximum: number | undefined): number | undefined {
  return maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  const from = least === undefined || least === Number.MIN_SAFE_INTEGER ? undefined : least;
  if (from !== undefined && most !== undefined) return `, ${from} to ${most}${unit}`;
  if (from !== undefined) return `, at least ${from}${unit}`;
  return most === undefined ? "" : `, at most ${most}${unit}`;
}

function alternatives(schema: Schema): readonly Schema[] {
  return schema.anyOf ?? schema.oneOf ?? [schema];
}

function nameIn(reference: string): string {
  return reference.split("/").at(-1) ?? reference;
}

function linkTo(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}
