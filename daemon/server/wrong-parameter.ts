import type * as z from "zod";

type Issue = z.core.$ZodIssue;

/** Which parameter is wrong (`sale.total.value`) and what would be right. Never repeats what was sent. */
export interface WrongParameter {
  readonly field: string;
  readonly allowed: string;
}

/** Our longest field has 40 characters. */
const fieldCharactersMax = 100;

/** Of several faults the first, as the cure of one often cures the others. */
export function wrongParameter(error: z.ZodError, params: unknown): WrongParameter {
  const issue = innermost(error.issues[0]);
  if (!issue) return { field: "params", allowed: "see the method's description" };
  const path = issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : issue.path;
  const field = path.map(String).join(".").slice(0, fieldCharactersMax) || "params";
  const missing = issue.code !== "unrecognized_keys" && path.length > 0 && at(params, path) === undefined;
  return { field, allowed: missing ? `required: ${allowed(issue)}` : allowed(issue) };
}

/** For a choice of shapes: the fault in the shape that was nearly met, with its path from the top. */
function innermost(issue: Issue | undefined): Issue | undefined {
  if (issue?.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const [nearest] = issue.errors.toSorted((one, other) => one.length - other.length);
  const inner = innermost(nearest?.[0]);
  return inner && { ...inner, path: [...issue.path, ...inner.path] };
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined),
    value,
  );
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

function allowed(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int" ? "a whole number" : issue.expected;
    case "too_small":
      return `at least ${issue.minimum}${unit(issue.origin)}`;
    case "too_big":
      return `at most ${issue.maximum}${unit(issue.origin)}`;
    case "invalid_format":
      return issue.format === "regex" ? `text like ${issue.pattern}` : issue.format;
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(", ");
    case "unrecognized_keys":
      return "no parameter of this name";
    default:
      return issue.message;
  }
}

function unit(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " items" : "";
}
