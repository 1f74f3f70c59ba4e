import { connect } from "../../protocol/client.ts";
import type { SimulatedPlatform } from "../simulator/platform/platform.ts";

const waits = { connectMs: 3_000, answerMs: 3_000 };

/** A till that was paired in an earlier demo: the platform, which forgets everything, is told of its tag again. */
export async function rememberTag(
  platform: SimulatedPlatform,
  daemonUrl: string | undefined,
  token: string,
): Promise<void> {
  if (daemonUrl === undefined) return;
  const till = connect({ url: daemonUrl, token, client: { name: "Demo shop's server", version: "1" } });
  try {
    const { terminal } = await till.call("till.get", {}, waits);
    if (terminal) platform.merchantQrs.put(terminal.merchantSerialNumber, terminal.tagId, terminal.locationDescription);
  } catch {
    // Then the shop pairs its till again.
  } finally {
    till.close();
  }
}
