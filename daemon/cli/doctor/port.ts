import { once } from "node:events";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { createServer } from "node:net";
import * as z from "zod";
import { boundedText } from "./bounded-text.ts";
import { type Check, failed, ok, warning } from "./check.ts";
import { errorCode } from "../../errno.ts";
import { withDeadline } from "../../deadline.ts";
import { sleep } from "../../world.ts";

const name = "port";
const answerMsMax = 2000;
const bytesMax = 65_536;
const health = z.looseObject({
  status: z.enum(["ok", "degraded"]),
  version: z.string().optional(),
  devices: z
    .array(z.looseObject({ deviceId: z.string(), name: z.string(), state: z.string(), detail: z.string().optional() }))
    .optional(),
});

/** As the running service tells of itself: health.get, of whatever version. */
export type Health = z.infer<typeof health>;

/** Whether the port is free, or our own daemon answers on it. `runs`: the service manager says that the service runs. */
export async function checkPort(port: number, tls: boolean, runs = false): Promise<Check> {
  if (port === 0)
    return warning(name, "The service takes any free port.", "A POS page needs one that stays: set listen.port.");
  const taken = await whyTaken(port);
  if (taken === undefined && runs)
    return failed(
      name,
      `The service runs, but nobody answers on port ${port}: it goes by other settings than these.`,
      "Restart it when no customer pays: systemctl restart tillbridge",
    );
  if (taken === undefined) return ok(name, `Port ${port} is free; the service is not running.`);
  if (taken !== "EADDRINUSE")
    return failed(name, `Port ${port} cannot be used (${taken}).`, "Choose another listen.port.");
  const status = (await askHealth(port, tls))?.status;
  if (status === "ok") return ok(name, `The service is running on port ${port}.`);
  if (status === "degraded")
    return warning(
      name,
      `The service is running on port ${port}, with trouble.`,
      "See its log, and the other lines here.",
    );
  return failed(name, `Another program uses port ${port}.`, "Stop that program, or choose another listen.port.");
}

async function whyTaken(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ host: "127.0.0.1", port });
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

/** What the service on this port says of itself; undefined when nobody answers, or somebody else. */
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
