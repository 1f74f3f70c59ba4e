import type * as z from "zod";
import type { Operation } from "../faults.ts";
import { type FieldFault, type PublishedCode, refuseFields } from "../platform/errors.ts";
import type { SimulatedPlatform } from "../platform/platform.ts";
import type { ApiRequest } from "./http-shapes.ts";
import type { ProblemFamily } from "./problems.ts";

/** What a handler gets: the platform and what the path, the headers and the query say. */
export interface ApiCall {
  readonly platform: SimulatedPlatform;
  readonly msn: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly idempotencyKey: string;
}

/** What a handler answers. */
export interface ApiReply {
  readonly status: number;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
}

/** One call of the platform's API. */
export interface ApiRoute {
  readonly operation: Operation;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Segments that start with a colon are parameters. */
  readonly path: string;
  readonly family: ProblemFamily;
  /** `token` takes the client's keys instead of a token. */
  readonly access: "token" | "merchant";
  readonly msn: "required" | "optional";
  /** The code answered when a key comes with another body. */
  readonly idempotency?: { readonly required: boolean; readonly conflict: PublishedCode };
  /** Calls a minute for one reference. Reads share a budget. */
  readonly limit?: { readonly perMinute: number; readonly bucket: string };
  handle(call: ApiCall, body: unknown): ApiReply;
}

/** Answers a body of the form `schema` from the raw one, or refuses with 400 and the names of the fields. */
export function parsed<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  refuseFields(result.error.issues.flatMap(fieldFaults));
}

function fieldFaults(issue: z.core.$ZodIssue): FieldFault[] {
  const at = issue.path.map(String);
  if (issue.code !== "unrecognized_keys") return [{ name: at.join(".") || "body", reason: issue.message }];
  return issue.keys.map((key) => ({ name: [...at, key].join("."), reason: "The field is not known." }));
}

/** A route and the values of its path's parameters. */
export interface MatchedRoute {
  readonly route: ApiRoute;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The first of `routes` that fits a request. */
export function matchRoute(
  routes: readonly ApiRoute[],
  request: Pick<ApiRequest, "method" | "path">,
): MatchedRoute | undefined {
  const segments = new URL(request.path, "http://platform").pathname.split("/");
  for (const route of routes) {
    const parameters = route.method === request.method ? fit(route.path.split("/"), segments) : undefined;
    if (parameters) return { route, parameters };
  }
  return undefined;
}

function fit(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith(":") && segment !== "") parameters[part.slice(1)] = decoded(segment);
    else if (part !== segment) return undefined;
  }
  return parameters;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
