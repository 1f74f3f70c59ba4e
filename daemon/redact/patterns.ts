const removed = "[removed]";

/** Names of fields, headers and parameters whose value is private, whatever it looks like. */
const privateName =
  /secret|passw|token|authorization|cookie|subscription[-_]?key|api[-_]?key|private[-_]?key|credential|phone|msisdn|personalqr/i;
/** Names of fields that hold numbers by which people find things again. Digits there are no phone number. */
const identifierName =
  /^(?:payment|refund|sale|tag|terminal|device|merchantQr|till|session|request)Id$|^(?:reference|receiptNumber|merchantSerialNumber|seq|key|path|port)$/;

const header = /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*)[^\r\n]+/gi;
const scheme = /\b(bearer|basic|digest)\s+[\w.~+/=-]{8,}/gi;
const pair = new RegExp(
  `([\\w-]{0,40}(?:${privateName.source})[\\w-]{0,40})(\\\\*["']?\\s*[:=]\\s*)(\\\\+"[^"]*"|"(?:[^"\\\\]|\\\\.)*"|'[^']*'|[^\\s,;&}\\])]+)`,
  "gi",
);
const jsonWebToken = /\beyJ[\w-]+(?:\.[\w-]*){1,4}/g;
/** What is made by a random generator: long, in one piece, of small and large letters and digits. */
const random = /(?<![\w+=-])(?=[\w+=-]*[a-z])(?=[\w+=-]*[A-Z])(?=[\w+=-]*\d)[\w+=-]{32,}/g;
/** Nine to fifteen digits (MSISDN), also in groups, but not the last part of a UUID. */
const uuidOrPhone = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|(?<!\w)\+?\d(?: ?\d){8,14}(?!\w)/gi;

const quotedPath = /(['"])(?:file:\/\/|\/|[A-Za-z]:[\\/]|\\\\)[^'"\r\n]*\1/g;
const path =
  /file:\/\/[^\s'")]+|(?<![\w:/.@-])\/(?:[\w.@+~-]+\/)*[\w.@+~-]+|\b[A-Za-z]:[\\/][^\s'":]+|\\\\[\w.-]+\\[^\s'"]+/g;

export function isPrivateName(name: string): boolean {
  return privateName.test(name);
}

export function isIdentifierName(name: string): boolean {
  return identifierName.test(name);
}

/** Whatever gives access, recognised by its form. */
export function withoutAccess(text: string): string {
  return text
    .replace(header, `$1$2${removed}`)
    .replace(scheme, `$1 ${removed}`)
    .replace(pair, `$1$2${removed}`)
    .replace(jsonWebToken, removed)
    .replace(random, removed);
}

export function withoutPhoneNumbers(text: string): string {
  return text.replace(uuidOrPhone, (found) => (/^[0-9a-f]{8}-/i.test(found) ? found : removed));
}

/** For what leaves the daemon: a page has no use for the names of files. */
export function withoutPaths(text: string): string {
  return text.replace(quotedPath, "[file]").replace(path, "[file]");
}

/** One pattern for all known secrets, in the forms in which they travel. Undefined when there is none. */
export function secretsPattern(secrets: readonly string[]): RegExp | undefined {
  const forms = secrets.filter((secret) => secret.length >= secretLengthMin).flatMap(formsOf);
  if (forms.length === 0) return undefined;
  // The longest first: a secret may begin with another.
  const longestFirst = [...new Set(forms)].toSorted((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((form) => form.replace(/\W/g, "\\$&")).join("|"), "g");
}

/** Shorter than this it protects nothing, and removing it would make every record unreadable. */
const secretLengthMin = 6;

function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  ];
}
