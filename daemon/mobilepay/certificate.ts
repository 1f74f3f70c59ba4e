import { once } from "node:events";
import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { withDeadline } from "../deadline.ts";
import type { World } from "../world.ts";
import { type HttpRoute, routeOptions } from "./http.ts";

/** What the certificate of whoever answers says. Texts from the network: shown, never believed. Times: RFC 3339. */
export interface Certificate {
  readonly issuer: string;
  readonly validFrom: string;
  readonly validTo: string;
}

const lookMsMax = 5_000;

/**
 * The certificate of whoever answers at `url`, though it is not trusted: to tell a person whose it is. Nothing of ours is sent, and
 * nothing that comes back is used. Undefined when nobody answers. Never rejects.
 */
export function lookAtCertificate(url: string, route: HttpRoute, world: Pick<World, "sleep">) {
  const look = (signal: AbortSignal) => certificateAt(url, route, signal).catch(() => undefined);
  return withDeadline(world, lookMsMax, look, () => undefined);
}

async function certificateAt(url: string, { proxy }: HttpRoute, signal: AbortSignal): Promise<Certificate | undefined> {
  const agent = new Agent({
    ...(await routeOptions({ ...(proxy !== undefined && { proxy }) })),
    rejectUnauthorized: false,
  });
  const asked = request(new URL("/", url), { method: "HEAD", agent, signal });
  try {
    asked.end();
    // The first event of this name comes with the answer alone.
    const [{ socket }] = (await once(asked, "response")) as [IncomingMessage];
    return socket instanceof TLSSocket ? shown(socket) : undefined;
  } finally {
    asked.destroy();
    agent.destroy();
  }
}

function shown(socket: TLSSocket): Certificate | undefined {
  const { issuer, valid_from: from, valid_to: to } = socket.getPeerCertificate();
  const name = plain([issuer.O, issuer.CN].flat().find((part) => part !== undefined && part !== "") ?? "");
  return { issuer: name, validFrom: isoTime(from), validTo: isoTime(to) };
}

/** One line without what steers a terminal. */
function plain(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "").slice(0, 80);
}

function isoTime(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString();
}
