import { applyEdits, findNodeAtLocation, getNodeValue, modify, parseTree } from "jsonc-parser";

/** One change of the settings: `path` from the outside in, such as `["till", "name"]`. */
export interface Edit {
  readonly path: readonly string[];
  readonly value: unknown;
}

const heading = `// A till's settings. Made by "tillbridge setup"; may be changed by hand as well. Every setting: docs/config.md\n`;
const formattingOptions = { insertSpaces: true, tabSize: 2, eol: "\n" };

/** `text` with these settings changed and all else, comments too, as it was. `undefined`: there are no settings yet. */
export function withEdits(text: string | undefined, edits: readonly Edit[]): string {
  let changed = text ?? `${heading}{}\n`;
  for (const { path, value } of edits) {
    if (isDeepEqual(valueIn(changed, path), value)) continue;
    changed = applyEdits(changed, modify(changed, [...path], value, { formattingOptions }));
  }
  return changed;
}

/** What stands there as it was written; undefined when there is nothing. */
export function valueIn(text: string | undefined, path: readonly string[]): unknown {
  const tree = text === undefined ? undefined : parseTree(text, [], { allowTrailingComma: true });
  const node = tree && findNodeAtLocation(tree, [...path]);
  return node && getNodeValue(node);
}

function isDeepEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
