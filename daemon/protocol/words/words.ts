import type { ClientState } from "../client.ts";
import { da } from "./da.ts";
import { en } from "./en.ts";
import { fi } from "./fi.ts";
import { type Language, languageOf } from "./languages.ts";
import { nb } from "./nb.ts";
import { sv } from "./sv.ts";
import type { StateName, Words } from "./table.ts";

const words: Readonly<Record<Language, Words>> = { da, fi, nb, sv, en };

/** By the language of a BCP 47 tag (`da-DK`); English for every other. */
export function wordsFor(locale: string): Words {
  return words[languageOf(locale) ?? "en"];
}

/** Words for the cashier about the connection. */
export function sayState(state: ClientState, locale: string): string {
  return wordsFor(locale)[stateNameOf(state)];
}

/** Words for the cashier about a call that failed, or a payment that did (`failure.code`). Undefined for a code of a later version. */
export function sayError({ code }: { readonly code: string }, locale: string): string | undefined {
  const words: Readonly<Record<string, string>> = wordsFor(locale);
  return Object.hasOwn(words, code) ? words[code] : undefined;
}

function stateNameOf(state: ClientState): StateName {
  if (state.name === "notRunning" && state.permission !== undefined) return "notRunningOrBlocked";
  if (state.name !== "blocked") return state.name;
  return state.permission === "prompt" ? "blockedPrompt" : "blockedDenied";
}
