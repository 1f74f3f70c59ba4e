/** Who may connect, checked the same way for every HTTP request and every upgrade. */
export interface OriginPolicy {
  readonly port: number;
  /** Full origins as a browser sends them: `https://pos.example.com`. Compared whole, never in part. */
  readonly origins: readonly string[];
  /** Whether the port speaks TLS. */
  readonly tls?: boolean;
}

export type OriginVerdict =
  /** `isOwn`: the page came from this very address: the console. */
  | { readonly allowed: true; readonly origin: string | undefined; readonly isOwn?: true }
  | { readonly allowed: false; readonly reason: OriginRefusal };

/** The words go to the caller and to the log; they name nothing that the caller sent. */
export type OriginRefusal = keyof typeof originRefusalWords;

export const originRefusalWords = {
  host: "The Host header must be 127.0.0.1, [::1] or localhost with the till's port.",
  origin:
    'This origin is not allowed: it must stand in "origins" in the till\'s configuration, exactly as the browser sends it.',
  doubled: "Host and Origin may be sent once.",
  target: "The request's target must be a path.",
  foreignPage: "Pages of other sites may not load this.",
  headers: "Too many headers.",
} as const;

/** A browser sends about fifteen. */
const headersMax = 60;

/**
 * `rawHeaders` as node:http gives them: name, value, name, value … A browser cannot forge Host or Origin, so a page of another
 * site (CSWSH) and a rebound host name are recognised here. A local program can: that is what the token is for.
 */
export function checkOrigin(rawHeaders: readonly string[], target: string, policy: OriginPolicy): OriginVerdict {
  if (rawHeaders.length > headersMax * 2) return refused("headers");
  const hosts = valuesOf(rawHeaders, "host");
  const origins = valuesOf(rawHeaders, "origin");
  if (hosts.length > 1 || origins.length > 1) return refused("doubled");
  if (!target.startsWith("/")) return refused("target");
  if (!isOurHost(hosts[0], policy.port)) return refused("host");
  const [origin] = origins;
  if (origin === undefined) return isForeignPage(rawHeaders) ? refused("foreignPage") : { allowed: true, origin };
  // The same name on both sides: a page on http://localhost may not speak to 127.0.0.1, and no other port is ours.
  if (origin === `${policy.tls ? "https" : "http"}://${hosts[0]}`) return { allowed: true, origin, isOwn: true };
  return isListed(origin, policy.origins) ? { allowed: true, origin } : refused("origin");
}

function refused(reason: OriginRefusal): OriginVerdict {
  return { allowed: false, reason };
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function isOurHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `[::1]:${port}` || host === `localhost:${port}`;
}

/** Every sandboxed frame and every local file sends `null`, so a list that names it would let anybody in. */
function isListed(origin: string, origins: readonly string[]): boolean {
  return origin !== "null" && origins.includes(origin);
}

/** A script, image or frame of another site sends no Origin, but today's browsers say where it comes from. */
function isForeignPage(rawHeaders: readonly string[]): boolean {
  const [site] = valuesOf(rawHeaders, "sec-fetch-site");
  const [destination] = valuesOf(rawHeaders, "sec-fetch-dest");
  return (site === "cross-site" || site === "same-site") && destination !== "document";
}
