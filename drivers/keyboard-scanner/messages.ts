/** What the till sends the keyboard process: from now on the till listens; give the scanner back to the system and end. */
export type ToKeyboard = "listen" | "close";

/** What the keyboard process sends the till. */
export type FromKeyboard =
  /** It has the scanner for itself. */
  | { readonly say: "ready" }
  | { readonly say: "report"; readonly bytes: readonly number[] }
  /** The last word: the system's own, when the scanner could not be opened. */
  | { readonly say: "ended"; readonly because?: string };
