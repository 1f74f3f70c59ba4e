const surrogateEscape = /\\u[dD][89a-fA-F]/;

/**
 * Whether no text in a parsed frame holds half a character. JSON may spell one (`"\ud800"`); on disk it would become another
 * character, and a repeated call would no longer have the same body. `source`: the frame's own text, to skip the search.
 */
export function isWellFormed(frame: unknown, source: string): boolean {
  if (!surrogateEscape.test(source)) return true;
  const waiting: unknown[] = [frame];
  // Bounded by the frame's size. No recursion: a frame may be nested thousands deep.
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string" && !value.isWellFormed()) return false;
    if (isObject(value)) for (const [key, held] of Object.entries(value)) waiting.push(key, held);
  }
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
