import { readFile } from "node:fs/promises";
import { NoMqttConnection, openMqttConnection } from "../../check-in/mqtt-connection.ts";
import { topicsBelow } from "../../check-in/topics.ts";
import type { Config } from "../../config/config.ts";
import { prefixOf } from "../../payments/payment/references-and-keys.ts";
import type { World } from "../../world.ts";
import { type Check, failed, ok } from "./check.ts";
import { errorCode } from "../../errno.ts";

const name = "broker";

/** Whether the broker lets this till in, and what its access list must say about it. Nothing where no relay is used. */
export async function checkBroker({ checkIn, mobilepay, till }: Config, world: World): Promise<Check[]> {
  if (checkIn.mode !== "mqtt") return [];
  const topics = topicsBelow(checkIn.topicPrefix);
  const msn = mobilepay.merchantSerialNumber;
  const reads = `${topics.checkIns(msn, "TAG")} (TAG: the till's own) and ${topics.payments(msn, prefixOf(till.id))}`;
  const writes = `${topics.presence(msn, till.id)} and ${topics.answers("+").replace("%2B", "+")}`;
  return [await checkAccess(checkIn, world), ok(`${name}.topics`, `This till reads ${reads}, and writes ${writes}.`)];
}

type Settings = Extract<Config["checkIn"], { readonly mode: "mqtt" }>;

async function checkAccess({ url, username, password, ca }: Settings, world: World): Promise<Check> {
  let trusted: string | undefined;
  try {
    trusted = ca === undefined ? undefined : await readFile(ca, "utf8");
  } catch (error) {
    return failed(name, `The certificates to trust cannot be read (${errorCode(error)}).`, "See checkIn.ca.");
  }
  try {
    // A name of its own: with the till's it would throw the running service out.
    const clientId = `tillbridge-doctor-${world.uuid()}`;
    const broker = { url, username, password, ...(trusted !== undefined && { ca: trusted }) };
    const session = await openMqttConnection({
      broker,
      clientId,
      subscriptions: [],
      onMessage: () => undefined,
      world,
    });
    await session.close();
    return ok(name, "The broker lets this till in.");
  } catch (error) {
    if (!(error instanceof NoMqttConnection)) throw error;
    return failed(name, `The broker cannot be used (${error.reason}).`, hintFor(error.reason));
  }
}

function hintFor(reason: string): string {
  if (reason === "REASON_134" || reason === "REASON_135") return "Check checkIn.username and checkIn.password.";
  if (/CERT|SIGN|TLS|ALTNAME/.test(reason))
    return "Check the broker's certificate, its name in checkIn.url, and checkIn.ca.";
  return "Check checkIn.url, the till's internet connection and its firewall.";
}
