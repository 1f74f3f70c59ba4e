/** One line of the doctor's. `unknown`: could not be looked at, mostly because of an earlier line. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "warning" | "failed" | "unknown";
  /** One sentence. */
  readonly says: string;
  /** What to do. */
  readonly hint?: string;
}

export function ok(name: string, says: string): Check {
  return { name, state: "ok", says };
}

export function warning(name: string, says: string, hint: string): Check {
  return { name, state: "warning", says, hint };
}

export function failed(name: string, says: string, hint: string): Check {
  return { name, state: "failed", says, hint };
}

/** One line for a terminal. */
export function lineFor({ state, name, says, hint }: Check): string {
  return `${state.padEnd(8)} ${name.padEnd(22)} ${says}${hint === undefined ? "" : ` → ${hint}`}`;
}
