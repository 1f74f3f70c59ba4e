import { methodTable } from "../../daemon/protocol/methods.ts";

/** The source of daemon/protocol/repeatable-methods.ts. */
export function repeatableMethodsSource(): string {
  const names = Object.entries(methodTable).flatMap(([name, { repeatable }]) => (repeatable ? [name] : []));
  return [
    "// Made by scripts/generate-docs.ts from the table in methods.ts. Change that, not this.",
    "",
    "/** The rows that say `repeatable`. A page gets the names alone: with the table it would have to load zod. */",
    "export const repeatableMethods = [",
    ...names.map((name) => `  "${name}",`),
    "] as const;",
    "",
  ].join("\n");
}
