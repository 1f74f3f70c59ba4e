/** The browsers whose Local Network Access would keep a POS page from the till (public page to 127.0.0.1). */
export type Browser = "Chrome" | "Chromium" | "Edge" | "Firefox";

/**
 * Lists of web pages in Chrome, Edge and Chromium. The first is asked since version 146 and wins over the second, which is known
 * since 139; older browsers ignore what they do not know. Sources: chromeenterprise.google/policies, learn.microsoft.com/deployedge.
 */
export const allowingPolicies = ["LoopbackNetworkAllowedForUrls", "LocalNetworkAccessAllowedForUrls"] as const;
/** A page that one of these names is refused, whatever the others say: of each pair the one that blocks comes first. */
export const blockingPolicies = ["LoopbackNetworkBlockedForUrls", "LocalNetworkAccessBlockedForUrls"] as const;

/**
 * Those of the settings' origins that a browser would stop and a policy can let through: encrypted pages from elsewhere. A page from
 * this computer is never stopped; an unencrypted page from elsewhere always is; a program's own scheme is not the browsers' affair.
 */
export function originsToGrant(origins: readonly string[]): string[] {
  const web = origins.filter((origin) => origin.startsWith("https://") && !isThisComputer(new URL(origin).hostname));
  return [...new Set(web)];
}

/** Pages that no policy can let through: they must be served encrypted. */
export function insecureOrigins(origins: readonly string[]): string[] {
  return origins.filter((origin) => origin.startsWith("http://") && !isThisComputer(new URL(origin).hostname));
}

/** Firefox knows pages by host alone. */
export function hostsOf(origins: readonly string[]): string[] {
  return [...new Set(origins.map((origin) => new URL(origin).hostname))];
}

function isThisComputer(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}
