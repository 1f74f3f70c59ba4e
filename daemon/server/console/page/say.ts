import type { Money } from "../../../protocol/values.ts";
import type { ConsoleState, ConsoleStore } from "./state.ts";
import type { ConsoleWords } from "./words/en.ts";
import { fill, languages } from "./words/languages.ts";

/** The page's words, amounts and times, as the browser's language has them. */
export interface Say {
  (key: keyof ConsoleWords, values?: Readonly<Record<string, string | number>>): string;
  money(amount: Money): string;
  time(at: string): string;
  date(at: string): string;
  trouble(what: keyof ConsoleWords | { readonly text: string }): string;
}

const minorDigits = 100;

/** `locale`: of the browser, in that language: English times are not the same everywhere. */
export function sayIn(language: ConsoleState["language"], locale: string): Say {
  const words: ConsoleWords = languages[language];
  const say = (key: keyof ConsoleWords, values: Readonly<Record<string, string | number>> = {}) =>
    fill(words[key], values);
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  return Object.assign(say, {
    money: ({ currency, value }: Money) =>
      new Intl.NumberFormat(locale, { style: "currency", currency }).format(value / minorDigits),
    time: (at: string) => time.format(new Date(at)),
    date: (at: string) => date.format(new Date(at)),
    trouble: (what: keyof ConsoleWords | { readonly text: string }) =>
      typeof what === "string" ? say(what) : what.text,
  });
}

/** Says aloud, to those who listen to the page, what the others see happen. */
export function announce(place: HTMLElement, store: ConsoleStore, say: Say): void {
  store.watch(() => {
    const text = newsIn(store.state, say);
    if (place.textContent !== text) place.textContent = text;
  });
}

function newsIn({ answers, door, recovery, overview, pairing, seen }: ConsoleState, say: Say): string {
  if (!answers) return `${say("notRunning")}. ${say("notRunningText")}`;
  if (door !== "open") return "";
  const open = Object.values(recovery).filter(({ resolved, choices }) => !resolved && choices.length > 0);
  if (open.length > 0) return `${say("recovery")}: ${say("decisionsOpen", { count: open.length })}`;
  const [request] = overview?.requests ?? [];
  if (request) return `${say("requests")}: ${request.name}`;
  if (pairing.step === "listening") return say("listening");
  if (pairing.step === "read") return say("tagRead");
  const [last] = seen;
  return last ? `${say("seen")}: ${last.content ?? say("hidden")}` : "";
}
