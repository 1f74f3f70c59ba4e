import { connect } from "../../protocol/client.ts";
import type { CheckIn } from "../shown.ts";

const answerMsMax = 3_000;

/**
 * Plays the shop's own server: hands a customer's check-in to the till. True when the till has it; the app shows "Can't connect to
 * store" otherwise.
 */
export async function handInCheckIn(checkIn: CheckIn, daemonUrl: string | undefined, token: string): Promise<boolean> {
  if (daemonUrl === undefined) return false;
  const client = connect({ url: daemonUrl, token, client: { name: "Demo shop's server", version: "1" } });
  try {
    const { customerToken, merchantQrId, msn, initiatedAt } = checkIn;
    const { accepted } = await client.call(
      "checkIn.notify",
      { customerToken, merchantQrId, msn, initiatedAt },
      { connectMs: answerMsMax, answerMs: answerMsMax },
    );
    return accepted;
  } catch {
    return false;
  } finally {
    client.close();
  }
}
