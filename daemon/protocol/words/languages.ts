/** The languages that cashiers are spoken to in. Each has its words in this folder and in the console's: one that is missing does not compile. */
export const languages = ["da", "fi", "nb", "sv", "en"] as const;

export type Language = (typeof languages)[number];

/** Of a BCP 47 tag (`da-DK`). Undefined for one that we do not speak. Both kinds of Norwegian read bokmål. */
export function languageOf(tag: string): Language | undefined {
  const [code = ""] = tag.toLowerCase().split("-");
  const read = code === "no" || code === "nn" ? "nb" : code;
  return languages.find((language) => language === read);
}
