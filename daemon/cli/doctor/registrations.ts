import type { Config } from "../../config/config.ts";
import { StoredWebhooksError, storedWebhooksFile, readStoredWebhooks } from "../../config/stored-webhooks.ts";
import type { MobilePay } from "../../mobilepay/client.ts";
import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { checkWebhooks, expectedBy } from "../webhooks/check.ts";
import { type Check, failed } from "./check.ts";

/** Whether MobilePay's webhooks still reach this till, or the relay that serves it. Nothing where the POS hands check-ins in. */
export async function checkRegistrations(config: Config, mobilePay: MobilePay, world: World): Promise<Check[]> {
  if (config.checkIn.mode === "frontend") return [];
  try {
    const stored = readStoredWebhooks(storedWebhooksFile(config.dataDir));
    const listed = await mobilePay.webhooks.list();
    return await checkWebhooks({ listed, stored, ...expectedBy(config) }, world, mobilePay.timeNow() ?? world.now());
  } catch (error) {
    if (error instanceof StoredWebhooksError)
      return [failed("webhooks.kept", `${error.message}.`, "tillbridge webhooks register")];
    if (!(error instanceof BridgeError)) throw error;
    return [{ name: "webhooks", state: "unknown", says: "MobilePay did not tell which webhooks are registered." }];
  }
}
