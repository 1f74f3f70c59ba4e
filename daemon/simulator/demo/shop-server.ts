import { type BridgeClient, connect } from "../../protocol/client.ts";
import type { Platform } from "../platform/platform.ts";
import type { CheckIn } from "../shown.ts";

const waits = { connectMs: 3_000, answerMs: 3_000 };

/**
 * Plays the shop's own server: hands a customer's check-in to the till. True when the till has it; the app shows "Can't connect to
 * store" otherwise.
 */
export function handInCheckIn(checkIn: CheckIn, daemonUrl: string | undefined, token: string): Promise<boolean> {
  const { customerToken, merchantQrId, msn, initiatedAt } = checkIn;
  return asking(daemonUrl, token, false, async (till) => {
    const { accepted } = await till.call("checkIn.notify", { customerToken, merchantQrId, msn, initiatedAt }, waits);
    return accepted;
  });
}

/** A till that was paired in an earlier demo: the platform, which forgets everything, is told of its tag again. */
export function rememberTag(platform: Platform, daemonUrl: string | undefined, token: string): Promise<void> {
  return asking(daemonUrl, token, undefined, async (till) => {
    const { terminal } = await till.call("till.get", {}, waits);
    if (!terminal) return;
    platform.merchantQrs.put(terminal.merchantSerialNumber, terminal.tagId, terminal.locationDescription);
  });
}

/** One conversation with the daemon. `otherwise` when it does not answer, or says no. */
async function asking<Answer>(
  url: string | undefined,
  token: string,
  otherwise: Answer,
  ask: (till: BridgeClient) => Promise<Answer>,
): Promise<Answer> {
  if (url === undefined) return otherwise;
  const till = connect({ url, token, client: { name: "Demo shop's server", version: "1" } });
  try {
    return await ask(till);
  } catch {
    return otherwise;
  } finally {
    till.close();
  }
}
