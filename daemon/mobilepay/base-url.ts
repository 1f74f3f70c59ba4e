/**
 * The address without a slash at its end. Throws when it is neither https nor http to this very machine: keys and amounts
 * must not travel in the open.
 */
export function checkedBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !isSafe(url) || url.username || url.password || url.search || url.hash) {
    throw new Error(
      "mobilepay.baseUrl must be an https address, or http on this machine (127.0.0.1, [::1], localhost)",
    );
  }
  return url.href.replace(/\/+$/, "");
}

function isSafe(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

/** `URL` writes every form of an IPv4 address as four numbers, and IPv6 in brackets. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
