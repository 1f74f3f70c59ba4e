import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";

/** 256 bits: cannot be guessed. */
const tokenBytes = 32;
const codeDigits = 8;

/** 256 bits, as text that fits into a URL or a header. */
export function newToken(): string {
  return randomBytes(tokenBytes).toString("base64url");
}

/** A code that a person reads from a page and types at the till: digits are on every keyboard and in every language. */
export function newCode(): string {
  return String(randomInt(10 ** codeDigits)).padStart(codeDigits, "0");
}

/** `12345678` → `1234 5678`. */
export function codeForReading(code: string): string {
  return `${code.slice(0, codeDigits / 2)} ${code.slice(codeDigits / 2)}`;
}

/** What a person typed, without the spaces and dashes that help in reading. */
export function codeAsTyped(text: string): string {
  return text.replaceAll(/[\s-]/g, "").slice(0, 100);
}

/** SHA-256, hexadecimal. Enough for a random token; a code is also bound to its request, and short-lived. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Takes as long for a near miss as for a far one. Both are hashes of the same length. */
export function sameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
