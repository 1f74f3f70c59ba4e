import { da } from "./da.ts";
import { en, type Words } from "./en.ts";
import { fi } from "./fi.ts";
import { nb } from "./nb.ts";
import { sv } from "./sv.ts";

export type Language = keyof typeof languages;

/** The words of each language that the console speaks. */
export const languages = { en, da, fi, nb, sv } as const satisfies Record<string, Words>;

/** The first of the browser's languages that the console speaks. Both kinds of Norwegian read bokmål. */
export function languageFor(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [code = ""] = tag.toLowerCase().split("-");
    const known = code === "no" || code === "nn" ? "nb" : code;
    if (isLanguage(known)) return known;
  }
  return "en";
}

/** `{count} open` → `2 open`. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function isLanguage(code: string): code is Language {
  return Object.hasOwn(languages, code);
}
