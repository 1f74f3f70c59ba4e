import { readFileSync, statSync } from "node:fs";
import { getNodeValue, type Node, type ParseError, parseTree } from "jsonc-parser";
import { ConfigError, problemLine } from "./problem.ts";
import { errorCode } from "../errno.ts";

/** A value in a file of settings, and where: `path` from the outside in, such as `["till", "name"]`. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
  /** The error for a value that the caller refuses: names the file and the place. */
  readonly wrong: (text: string) => ConfigError;
}

/** A till's settings have a few KB. */
const bytesMax = 1_048_576;
/** The settings are four deep. */
const depthMax = 8;

/** Members of objects, as deep as settings go; lists and `{ "file" }` are whole values. Throws `ConfigError`. */
export function leavesIn(file: string): Leaf[] {
  const content = contentOf(file);
  const errors: ParseError[] = [];
  const tree = parseTree(content, errors, { allowTrailingComma: true });
  const wrongAt = (offset: number) => (text: string) =>
    new ConfigError(problemLine(file, content, { offset, text, missing: false }), text);
  if (errors.length > 0 || tree?.type !== "object") throw wrongAt(errors[0]?.offset ?? 0)("not a JSON object");
  return nodesIn(tree, []).map(({ path, node }) => {
    const value: unknown = getNodeValue(node);
    return { path, value, wrong: wrongAt(node.offset) };
  });
}

function contentOf(file: string): string {
  try {
    if (statSync(file).size > bytesMax) throw new ConfigError(`${file}: too large`);
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = errorCode(error);
    throw new ConfigError(`${file}: cannot be read (${code})`);
  }
}

function nodesIn(node: Node, path: readonly string[]): { path: readonly string[]; node: Node }[] {
  return (node.children ?? []).flatMap((property) => {
    const [name, value] = property.children ?? [];
    if (!name || !value) return [];
    const here = [...path, String(name.value)];
    const isGroup = value.type === "object" && !isReference(value) && here.length < depthMax;
    return isGroup ? nodesIn(value, here) : [{ path: here, node: value }];
  });
}

function isReference({ children = [] }: Node): boolean {
  return children.length === 1 && children[0]?.children?.[0]?.value === "file";
}
