/** Slots that read no tags: a security module, or the contact slot of a reader that has both. */
const noTags = /\b(sam|icc)\b/i;
const tags = /picc|contactless|nfc|acr12|\bcl\b/i;

/** The readers to use, best first: those whose name holds `wanted` (in any case), without slots that read no tags. */
export function suitableReaders(names: readonly string[], wanted = ""): string[] {
  const matching = names.filter((name) => name.toLowerCase().includes(wanted.toLowerCase()) && !noTags.test(name));
  return matching.toSorted((one, other) => rank(one) - rank(other));
}

function rank(name: string): number {
  return readsTags(name) ? 0 : 1;
}

/** Whether a reader's name says that it reads tags, and not only cards that are put into it. */
export function readsTags(name: string): boolean {
  return tags.test(name);
}

/** For people: without the numbers of reader and slot, and without the interface's own name, which pcscd adds in brackets. */
export function plainName(name: string): string {
  return name.replace(/(\s+\d\d){1,2}$/, "").replace(/\s*\[[^\]]*\]/, "");
}
