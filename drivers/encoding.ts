import iconv from "iconv-lite";

/** Code pages that a scanner may be set to send, as the settings name them. */
export const encodings = ["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252", "cp850", "cp437"] as const;
export type Encoding = (typeof encodings)[number];

/**
 * Text from the bytes of a label. Scanners send UTF-8 or Latin-1 and do not say which, unless they are set to another code page;
 * Latin-1 text is hardly ever valid UTF-8. Undefined where the bytes are none in the code page that is named.
 */
export function textFrom(bytes: Uint8Array, encoding?: Encoding): string | undefined {
  if (encoding !== undefined) return textIn(encoding, bytes);
  return textIn("utf-8", bytes) ?? textIn("iso-8859-1", bytes);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** `codePage`: a name that iconv-lite knows. Undefined where a byte has no meaning in it. */
export function textIn(codePage: string, bytes: Uint8Array): string | undefined {
  if (codePage === "utf-8") return tryUtf8(bytes);
  const text = iconv.decode(Buffer.from(bytes), codePage, { stripBOM: false });
  return text.includes("\ufffd") ? undefined : text;
}

function tryUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
