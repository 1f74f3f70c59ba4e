import { openConsole } from "./access/console-access.ts";
import { hashOf, newToken } from "./access/secrets.ts";
import { assertNever, BridgeError } from "../protocol/errors.ts";
import type { World } from "../world.ts";
import type { Access } from "./access/access.ts";

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
