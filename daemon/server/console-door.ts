import { openConsole } from "./access/console-access.ts";
import { hashOf, newToken } from "./access/secrets.ts";
import { assertNever, BridgeError } from "../protocol/errors.ts";
import type { MethodName } from "../protocol/methods.ts";
import type { World } from "../world.ts";
import type { Access } from "./access/access.ts";

/**
 * What the till's own console may call: it looks, pairs and decides. It never starts, completes or refunds a sale: whoever stands
 * before it may be the cashier, and the POS would know nothing of it.
 */
const both: ReadonlySet<MethodName> = new Set([
  "till.get",
  "pairing.start",
  "pairing.cancel",
  "pairing.register",
  "pairing.remove",
  "payment.get",
  "payment.list",
  "recovery.list",
  "recovery.resolve",
  "device.list",
  "events.replay",
  "health.get",
]);

/** The console's own methods are for the console alone, and nearly all others for the pages and programs alone. */
export function isForThem(method: MethodName, isConsole: boolean): boolean {
  return both.has(method) || method.startsWith("console.") === isConsole;
}

interface Ports {
  readonly access: Access;
  readonly world: Pick<World, "uuid" | "now">;
}

/** Takes the code that a person typed or followed, and returns a token for the console. Throws `ACCESS_DENIED`. */
export async function openConsolePage({ access, world }: Ports, code: string): Promise<string> {
  const token = newToken();
  const opened = { id: world.uuid(), tokenHash: hashOf(token) };
  const answer = await access.update((record) => openConsole(record, code, opened, world.now()));
  switch (answer.outcome) {
    case "opened":
      return token;
    case "wrongCode":
      throw new BridgeError("ACCESS_DENIED", { reason: "wrong code", triesLeft: answer.triesLeft });
    case "nothingOffered":
      throw new BridgeError("ACCESS_DENIED", { reason: "no code is offered" });
    default:
      return assertNever(answer);
  }
}
