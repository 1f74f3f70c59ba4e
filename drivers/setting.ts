import type * as z from "zod";

// The words that settings are described in, a till's as well as a driver's. They stand with the drivers because daemon/ may read these,
// and a driver imports nothing of daemon/.

/** One row of the configuration: everything that is known about one key. */
export interface Setting<Value> {
  readonly kind: "setting";
  readonly schema: z.ZodType<Value>;
  /** Ends the sentence "<key> must be …". */
  readonly allowed: string;
  /** For a list: ends the sentence "<key>[0] must be …". */
  readonly allowedEach?: string;
  readonly description: string;
  /** Present (even as `undefined`): the setting may be left out. Absent: it must be given. */
  readonly default?: Value;
  /** Never shown. May be given as `{ "file": "/path" }` instead of in the file itself. */
  readonly secret?: true;
  /** A path: a relative one starts at the configuration file's folder. */
  readonly path?: true;
  /** What the example in docs/config.md shows; the default where this is absent. */
  readonly example?: unknown;
}

export interface SettingGroup<Entries> {
  readonly kind: "group";
  readonly entries: Entries;
  /** May be left out as a whole; what must be given in it must only be given when the group is. */
  readonly optional?: true;
  /** False: the example in docs/config.md does without. */
  readonly inExample?: false;
}

/** A list of objects; the text under the key `by` decides which other keys an object has. */
export interface Variants<By extends string, Groups> {
  readonly kind: "variants";
  readonly by: By;
  readonly groups: Groups;
  readonly description: string;
  readonly itemsMax: number;
}

/** One object; the text under the key `by` decides which other keys it has. Without that key, or left out as a whole, `default`. */
export interface Choice<By extends string, Groups> {
  readonly kind: "choice";
  readonly by: By;
  readonly groups: Groups;
  readonly default: string;
  readonly description: string;
}

/** A list of at least one object, all with the same keys. */
export interface List<Item> {
  readonly kind: "list";
  readonly item: Item;
  readonly description: string;
  readonly itemsMax: number;
}

type Groups = Readonly<Record<string, SettingGroup<Entries>>>;

export type SettingEntry =
  | Setting<unknown>
  | SettingGroup<Entries>
  | Variants<string, Groups>
  | Choice<string, Groups>
  | List<SettingGroup<Entries>>;
export type Entries = { readonly [key: string]: SettingEntry };

/** The type of what a row, a group, a choice or a list holds once it has been read. */
export type ValueOf<Row> =
  Row extends Setting<infer Value>
    ? Value
    : Row extends SettingGroup<infer Members>
      ? ObjectOf<Members> | (Row extends { readonly optional: true } ? undefined : never)
      : Row extends Variants<infer By, infer Groups>
        ? readonly VariantOf<By, Groups>[]
        : Row extends Choice<infer By, infer Groups>
          ? VariantOf<By, Groups>
          : Row extends List<infer Item>
            ? readonly ValueOf<Item>[]
            : never;

type ObjectOf<Members> = Flat<
  {
    readonly [Key in keyof Members as undefined extends ValueOf<Members[Key]> ? never : Key]: ValueOf<Members[Key]>;
  } & {
    readonly [Key in keyof Members as undefined extends ValueOf<Members[Key]> ? Key : never]?: Exclude<
      ValueOf<Members[Key]>,
      undefined
    >;
  }
>;
type VariantOf<By extends string, Groups> = {
  [Name in keyof Groups]: Flat<{ readonly [Key in By]: Name } & ValueOf<Groups[Name]>>;
}[keyof Groups];
type Flat<Value> = { [Key in keyof Value]: Value[Key] };

/** `NoInfer`: the schema alone says the type; a default must not widen it. */
export function setting<Value>(
  row: Omit<Setting<Value>, "kind" | "default"> & { default?: NoInfer<Value> },
): Setting<Value> {
  return { kind: "setting", ...row };
}

export function group<const Members extends Entries>(
  entries: Members,
  more: Pick<SettingGroup<Members>, "inExample"> = {},
): SettingGroup<Members> {
  return { kind: "group", entries, ...more };
}

export function optionalGroup<const Members extends Entries>(
  entries: Members,
): SettingGroup<Members> & { readonly optional: true } {
  return { kind: "group", entries, optional: true };
}

export function variants<const By extends string, const Groups extends Readonly<Record<string, SettingGroup<Entries>>>>(
  row: Omit<Variants<By, Groups>, "kind">,
): Variants<By, Groups> {
  return { kind: "variants", ...row };
}

export function choice<const By extends string, const Groups extends Readonly<Record<string, SettingGroup<Entries>>>>(
  row: Omit<Choice<By, Groups>, "kind">,
): Choice<By, Groups> {
  return { kind: "choice", ...row };
}

export function list<const Item extends SettingGroup<Entries>>(row: Omit<List<Item>, "kind">): List<Item> {
  return { kind: "list", ...row };
}
