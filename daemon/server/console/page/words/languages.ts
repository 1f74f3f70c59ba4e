import { type Language, languageOf } from "../../../../protocol/words/languages.ts";
import { da } from "./da.ts";
import { en, type ConsoleWords } from "./en.ts";
import { fi } from "./fi.ts";
import { nb } from "./nb.ts";
import { sv } from "./sv.ts";

/** The words of each language that the console speaks. */
export const languages: Readonly<Record<Language, ConsoleWords>> = { en, da, fi, nb, sv };

/** The first of the browser's languages that the console speaks. */
export function languageFor(wanted: readonly string[]): Language {
  return wanted.map(languageOf).find((language) => language !== undefined) ?? "en";
}

/** `{count} open` → `2 open`. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
