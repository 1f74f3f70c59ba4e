/** What a property list can hold, as far as we need it. */
export type PlistValue = string | number | boolean | readonly PlistValue[] | { readonly [key: string]: PlistValue };

/** An XML property list, as `plutil -lint` wants it. */
export function plist(value: PlistValue): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    ...linesOf(value),
    "</plist>",
    "",
  ].join("\n");
}

function linesOf(value: PlistValue): string[] {
  if (typeof value === "string") return [`<string>${escaped(value)}</string>`];
  if (typeof value === "boolean") return [value ? "<true/>" : "<false/>"];
  if (typeof value === "number") return [`<integer>${value}</integer>`];
  if (isList(value)) return ["<array>", ...value.flatMap(linesOf).map(indented), "</array>"];
  const entries = Object.entries(value).flatMap(([key, item]) => [`<key>${escaped(key)}</key>`, ...linesOf(item)]);
  return ["<dict>", ...entries.map(indented), "</dict>"];
}

function isList(value: object): value is readonly PlistValue[] {
  return Array.isArray(value);
}

function indented(line: string): string {
  return `  ${line}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
