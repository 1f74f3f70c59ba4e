/** Reads a property list in XML as strictly as `plutil -lint`: dictionaries, arrays, strings, whole numbers and booleans. */
export function plistIn(text: string): unknown {
  const head = /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*<!DOCTYPE plist [^>]*>\s*<plist version="1\.0">/.exec(
    text,
  );
  if (!head) throw new Error("no property list");
  const reader = new Reader(text.slice(head[0].length));
  const value = reader.value();
  reader.take("</plist>");
  reader.end();
  return value;
}

class Reader {
  #rest: string;

  constructor(text: string) {
    this.#rest = text.trimStart();
  }

  value(): unknown {
    if (this.#tries("<true/>")) return true;
    if (this.#tries("<false/>")) return false;
    if (this.#tries("<string>")) return this.#textUntil("</string>");
    if (this.#tries("<integer>")) return this.#integer();
    if (this.#tries("<array>")) return this.#list();
    this.take("<dict>");
    return this.#dictionary();
  }

  take(tag: string): void {
    if (!this.#tries(tag)) throw new Error(`${tag} expected before ${this.#rest.slice(0, 40)}`);
  }

  end(): void {
    if (this.#rest !== "") throw new Error(`more than a property list: ${this.#rest.slice(0, 40)}`);
  }

  #integer(): number {
    const text = this.#textUntil("</integer>");
    if (!/^-?\d+$/.test(text)) throw new Error(`${text} is no whole number`);
    return Number(text);
  }

  #list(): unknown[] {
    const items: unknown[] = [];
    while (!this.#tries("</array>")) items.push(this.value());
    return items;
  }

  #dictionary(): Record<string, unknown> {
    const entries: Record<string, unknown> = {};
    while (!this.#tries("</dict>")) {
      this.take("<key>");
      const key = this.#textUntil("</key>");
      if (key in entries) throw new Error(`${key} stands there twice`);
      entries[key] = this.value();
    }
    return entries;
  }

  #tries(tag: string): boolean {
    if (!this.#rest.startsWith(tag)) return false;
    const after = this.#rest.slice(tag.length);
    // Spaces inside a text count.
    this.#rest = tag === "<string>" || tag === "<key>" ? after : after.trimStart();
    return true;
  }

  #textUntil(tag: string): string {
    const end = this.#rest.indexOf(tag);
    const text = this.#rest.slice(0, end);
    if (end < 0 || /[<>]/.test(text) || /&(?!(?:amp|lt|gt);)/.test(text)) throw new Error(`no text before ${tag}`);
    this.#rest = this.#rest.slice(end + tag.length).trimStart();
    return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  }
}
