/** What the keyboard process tells the till. */
export type FromKeyboard =
  /** It has the scanner for itself. */
  | { readonly say: "ready" }
  | { readonly say: "report"; readonly bytes: readonly number[] }
  /** The last word: the system's own, when the scanner could not be opened. */
  | { readonly say: "ended"; readonly because?: string };
