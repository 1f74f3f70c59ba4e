const webOrigin = /^https?:\/\/[^/?#@*\\\s]+$/i;
const appOrigin = /^(?!https?:|file:|data:|blob:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(:\d{1,5})?$/i;

/**
 * The origin as a browser sends it: lower case, host in ASCII, no default port. Undefined when `text` is not exactly one
 * origin. Programs that show web pages use schemes of their own (`chrome-extension://…`, `tauri://localhost`).
 */
export function exactOrigin(text: string): string | undefined {
  if (appOrigin.test(text)) return text.toLowerCase();
  if (!webOrigin.test(text)) return undefined;
  // The origin of what the URL parser cannot read is nothing that a browser would send either.
  return URL.parse(text)?.origin;
}

/** Whether the host of this URL can only be this computer. */
export function isLoopback(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
}
