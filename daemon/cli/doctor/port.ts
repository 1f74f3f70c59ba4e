import { once } from "node:events";
import { createServer } from "node:net";
import { askHealth } from "../system/health.ts";
import { type Check, failed, ok, warning } from "./check.ts";
import { errorCode } from "../../errno.ts";

const name = "port";

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
