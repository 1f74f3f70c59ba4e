import type { IncomingMessage } from "node:http";

/**
 * Whether a control call may be done: sent to a loopback name with our port, and not by a page of another site. A web page that the
 * cashier happens to have open must not be able to approve payments or plan faults.
 */
export function guard(request: IncomingMessage, ownUrl: string): boolean {
  const { port } = new URL(ownUrl);
  const ownHosts = ["127.0.0.1", "localhost"].map((name) => `${name}:${port}`);
  const { host = "", origin } = request.headers;
  if (!ownHosts.includes(host)) return false;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  const site = request.headers["sec-fetch-site"];
  return site === undefined || site === "same-origin" || site === "none";
}
