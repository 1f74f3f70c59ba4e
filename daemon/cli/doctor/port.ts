import { once } from "node:events";
import { createServer } from "node:net";
import * as z from "zod";
import { type Check, failed, ok, reasonOf, warning } from "./check.ts";

const name = "port";
const answerMsMax = 2000;
const bytesMax = 65_536;
const health = z.looseObject({ status: z.enum(["ok", "degraded"]) });

/** Whether the port is free, or our own daemon answers on it. */
export async function checkPort(port: number, tls: boolean): Promise<Check> {
  if (port === 0)
    return warning(name, "The service takes any free port.", "A POS page needs one that stays: set listen.port.");
  const taken = await whyTaken(port);
  if (taken === undefined) return ok(name, `Port ${port} is free; the service is not running.`);
  if (taken !== "EADDRINUSE")
    return failed(name, `Port ${port} cannot be used (${taken}).`, "Choose another listen.port.");
  // Its certificate is for the POS page's eyes; whether it is ours cannot be asked with it.
  if (tls)
    return warning(
      name,
      `Somebody listens on port ${port}.`,
      "With listen.tls doctor cannot tell whether it is the service.",
    );
  const status = await askHealth(port);
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
    return reasonOf(error);
  }
}

export async function askHealth(port: number): Promise<"ok" | "degraded" | undefined> {
  try {
    const limit = AbortSignal.timeout(answerMsMax);
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: limit, redirect: "error" });
    const text = (await response.text()).slice(0, bytesMax);
    return health.parse(JSON.parse(text)).status;
  } catch {
    return undefined;
  }
}
