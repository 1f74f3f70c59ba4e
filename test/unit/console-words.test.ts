import { describe, expect, test } from "vitest";
import { en } from "../../daemon/server/console/page/words/en.ts";
import { fill, languageFor, languages } from "../../daemon/server/console/page/words/languages.ts";

const keys = Object.keys(en).toSorted();
const placesIn = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).toSorted();

describe("the console's words", () => {
  test.each(Object.entries(languages))("%s has every key, each with words and the same places to fill", (_, words) => {
    expect(Object.keys(words).toSorted()).toEqual(keys);
    for (const [key, text] of Object.entries(words)) {
      expect(text.trim()).not.toBe("");
      expect([key, placesIn(text)]).toEqual([key, placesIn(en[key as keyof typeof en])]);
    }
  });

  test.each(Object.entries(languages).filter(([name]) => name !== "en"))(
    "%s is not English with another name",
    (_, words) => {
      const same = Object.entries(words).filter(([key, text]) => text === en[key as keyof typeof en]);
      expect(
        same.map(([key]) => key).filter((key) => !["mobilePay", "journal", "log", "checkIns"].includes(key)),
      ).toEqual([]);
    },
  );

  test.each([
    [["da-DK", "en"], "da"],
    [["nn-NO"], "nb"],
    [["no"], "nb"],
    [["de", "fi-FI"], "fi"],
    [["SV"], "sv"],
    [["de"], "en"],
    [[], "en"],
    [["constructor"], "en"],
  ])("for %j are in %s", (wanted, language) => {
    expect(languageFor(wanted)).toBe(language);
  });

  test("are filled in, and a place that nothing fills is left to be seen", () => {
    expect(fill("{ready} of {all}", { ready: 1 })).toBe("1 of {all}");
  });
});
