/**
 * Whether a pattern of Chrome's content settings means this origin: `*`, `https://pos.example.com:8443`, `pos.example.com`,
 * `[*.]example.com`, `https://*`. What it leaves open (scheme, port) is anything. Source: chromeenterprise.google, URL patterns.
 */
export function patternMatches(pattern: string, origin: string): boolean {
  if (pattern === "*") return true;
  const parts = /^(?:([a-z*]+):\/\/)?(\[\*\.\])?([^:/[\]]+|\[[0-9a-f:]+\])(?::(\d+|\*))?(?:\/.*)?$/i.exec(pattern);
  if (!parts) return false;
  const [, scheme = "*", below, host = "", port = "*"] = parts;
  const url = new URL(origin);
  const portOf = url.port || (url.protocol === "https:" ? "443" : "80");
  if (scheme !== "*" && `${scheme.toLowerCase()}:` !== url.protocol) return false;
  if (port !== "*" && port !== portOf) return false;
  const wanted = host.toLowerCase();
  if (wanted === "*" || wanted === url.hostname) return true;
  return below !== undefined && url.hostname.endsWith(`.${wanted}`);
}

/** An entry of Firefox's SkipDomains: a host, or `*.example.com`, which means example.com too. */
export function domainMatches(entry: string, host: string): boolean {
  const wanted = entry.toLowerCase();
  if (!wanted.startsWith("*.")) return wanted === host;
  return host === wanted.slice(2) || host.endsWith(wanted.slice(1));
}
