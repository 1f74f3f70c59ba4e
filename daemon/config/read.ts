import { resolve } from "node:path";
import { getNodeValue, type Node } from "jsonc-parser";
import type { ConfigProblem } from "./problem.ts";
import type { SecretIn } from "./secret.ts";
import type { Choice, Entries, SettingEntry, SettingGroup, List, Setting, Variants } from "../../drivers/setting.ts";

/** What reading one file needs and finds. `folder`: where relative paths start. With any problem the values are not to be used. */
export interface ReadContext {
  readonly folder: string;
  readonly secretIn: SecretIn;
  readonly problems: ConfigProblem[];
}

/** A value in the file, or, where a key is absent, the object that it is missing from. */
interface Place {
  readonly key: string;
  readonly node: Node;
}

type Values = Record<string, unknown>;
type Members = ReadonlyMap<string, Node>;
type Groups = Readonly<Record<string, SettingGroup<Entries>>>;
type AnyVariants = Variants<string, Groups>;
type AnyChoice = Choice<string, Groups>;

/** The values of an object, by the rows of its keys. */
export function readObject(place: Place, entries: Entries, reading: ReadContext): Values {
  return readMembers(membersOf(place, Object.keys(entries), reading), place, entries, reading);
}

function readMembers(members: Members, place: Place, entries: Entries, reading: ReadContext): Values {
  const values: Values = {};
  for (const [name, entry] of Object.entries(entries)) {
    const node = members.get(name);
    const at = { key: below(place.key, name), node: node ?? place.node };
    const value = node ? readPresent(at, entry, reading) : readAbsent(at, entry, reading);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function readPresent(place: Place, entry: SettingEntry, reading: ReadContext): unknown {
  switch (entry.kind) {
    case "setting":
      return entry.secret && place.node.type === "object"
        ? readSecretFile(place, entry, reading)
        : readSetting(place, entry, reading);
    case "group":
      return readObject(place, entry.entries, reading);
    case "variants":
      return readVariants(place, entry, reading);
    case "choice":
      return readKind(place, entry, reading, entry.default);
    case "list":
      return readList(place, entry, reading);
  }
}

function readAbsent(place: Place, entry: SettingEntry, reading: ReadContext): unknown {
  switch (entry.kind) {
    case "setting":
      return "default" in entry ? entry.default : missing(place, entry, reading);
    case "group":
      return entry.optional ? undefined : readMembers(new Map(), place, entry.entries, reading);
    case "variants":
      return [];
    case "choice":
      return readDefault(place, entry, reading);
    case "list":
      return missing(place, { allowed: listWords(entry) }, reading);
  }
}

function readSetting(place: Place, row: Setting<unknown>, reading: ReadContext): unknown {
  const { key, node } = place;
  const { success, data, error } = row.schema.safeParse(getNodeValue(node));
  if (success) return row.path && typeof data === "string" ? resolve(reading.folder, data) : data;
  const item = error.issues[0]?.path[0];
  if (typeof item !== "number") return wrong(node, `${key} must be ${row.allowed}`, reading);
  return wrong(node.children?.[item] ?? node, `${key}[${item}] must be ${row.allowedEach ?? row.allowed}`, reading);
}

function readSecretFile(place: Place, row: Setting<unknown>, reading: ReadContext): unknown {
  const file: unknown = membersOf(place, ["file"], reading).get("file")?.value;
  if (typeof file !== "string" || file === "") return wrong(place.node, `${place.key} must be ${row.allowed}`, reading);
  const secret = reading.secretIn(resolve(reading.folder, file));
  if (secret.refused !== undefined) return wrong(place.node, `${place.key}: the file ${secret.refused}`, reading);
  if (row.schema.safeParse(secret.text).success) return secret.text;
  return wrong(place.node, `${place.key}: the file must hold one text without spaces`, reading);
}

function readVariants({ key, node }: Place, row: AnyVariants, reading: ReadContext): unknown {
  const items = node.type === "array" ? (node.children ?? []) : [];
  if (node.type !== "array" || items.length > row.itemsMax) {
    return wrong(node, `${key} must be a list of at most ${row.itemsMax} objects, each with a ${row.by}`, reading);
  }
  return items.map((item, index) => readKind({ key: `${key}[${index}]`, node: item }, row, reading));
}

function readList({ key, node }: Place, row: List<SettingGroup<Entries>>, reading: ReadContext): unknown {
  const items = node.type === "array" ? (node.children ?? []) : [];
  if (items.length === 0 || items.length > row.itemsMax)
    return wrong(node, `${key} must be ${listWords(row)}`, reading);
  return items.map((item, index) => readObject({ key: `${key}[${index}]`, node: item }, row.item.entries, reading));
}

function listWords({ itemsMax }: List<unknown>): string {
  return `a list of 1 to ${itemsMax} objects`;
}

/** An object that names its kind itself; where it does not, it is of the kind `otherwise`. */
function readKind(place: Place, row: AnyVariants | AnyChoice, reading: ReadContext, otherwise?: string): unknown {
  const names = Object.keys(row.groups);
  const chosen = place.node.children?.find((property) => property.children?.[0]?.value === row.by)?.children?.[1];
  const name = chosen ? names.find((name) => name === chosen.value) : otherwise;
  const entries = name === undefined ? undefined : row.groups[name]?.entries;
  if (!entries)
    return wrong(chosen ?? place.node, `${below(place.key, row.by)} must be one of ${names.join(", ")}`, reading);
  const members = membersOf(place, [row.by, ...Object.keys(entries)], reading);
  return { [row.by]: name, ...readMembers(members, place, entries, reading) };
}

function readDefault(place: Place, row: AnyChoice, reading: ReadContext): unknown {
  const entries = row.groups[row.default]?.entries ?? {};
  return { [row.by]: row.default, ...readMembers(new Map(), place, entries, reading) };
}

/** The object's values by key. Keys that are not allowed and keys that stand there twice are problems. */
function membersOf({ key, node }: Place, allowed: readonly string[], reading: ReadContext): Members {
  const members = new Map<string, Node>();
  if (node.type !== "object")
    wrong(node, `${key || "the whole"} must be an object with ${allowed.join(", ")}`, reading);
  for (const property of node.type === "object" ? (node.children ?? []) : []) {
    const [nameNode, valueNode] = property.children ?? [];
    if (!nameNode || !valueNode) continue;
    const name = String(nameNode.value);
    if (!allowed.includes(name))
      wrong(nameNode, `${below(key, name)} is not a setting; ${allowedHere(allowed)}`, reading);
    else if (members.has(name)) wrong(nameNode, `${below(key, name)} must be given only once`, reading);
    else members.set(name, valueNode);
  }
  return members;
}

function allowedHere(names: readonly string[]): string {
  return `allowed here: ${names.join(", ")}`;
}

/** A key that a person mistyped may hold anything: what could break the line or fill the screen is quoted and cut. */
function below(key: string, name: string): string {
  const shown = /^[\w-]{1,60}$/.test(name) ? name : JSON.stringify(name.slice(0, 60));
  return key === "" ? shown : `${key}.${shown}`;
}

function missing(
  { key, node }: Place,
  { allowed }: Pick<Setting<unknown>, "allowed">,
  reading: ReadContext,
): undefined {
  reading.problems.push({ offset: node.offset, text: `${key} is missing; it must be ${allowed}`, missing: true });
}

function wrong(node: Node, text: string, reading: ReadContext): undefined {
  reading.problems.push({ offset: node.offset, text, missing: false });
}
