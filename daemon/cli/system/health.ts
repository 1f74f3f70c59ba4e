import { once } from "node:events";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import * as z from "zod";
import { withDeadline } from "../../deadline.ts";
import { sleep } from "../../world.ts";
import { boundedText } from "./bounded-text.ts";

const answerMsMax = 2000;
const bytesMax = 65_536;
const health = z.looseObject({
  status: z.enum(["ok", "degraded"]),
  version: z.string().optional(),
  devices: z
    .array(z.looseObject({ deviceId: z.string(), name: z.string(), state: z.string(), detail: z.string().optional() }))
    .optional(),
});

/** As the running service reports it: health.get, of whatever version. */
export type Health = z.infer<typeof health>;

/** What the service on this port says of itself; undefined when no program answers, or another one. */
export function askHealth(port: number, tls: boolean): Promise<Health | undefined> {
  return withDeadline(
    { sleep },
    answerMsMax,
    (signal) => healthAt(port, tls, signal).catch(() => undefined),
    () => undefined,
  );
}

async function healthAt(port: number, tls: boolean, signal: AbortSignal): Promise<Health> {
  const request = tls ? requestTls : requestPlain;
  // The certificate is for the name by which the POS page knows the till. This never leaves the computer, and says nothing.
  const asked = request({ host: "127.0.0.1", port, path: "/health", signal, rejectUnauthorized: false });
  asked.end();
  // The first event of this name comes with the answer alone.
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return health.parse(JSON.parse(await boundedText(answer, bytesMax)));
}
