import { readFile } from "node:fs/promises";
import type { CheckInNotice } from "./check-in/check-ins.ts";
import type { Config } from "./config/config.ts";
import { storedSecrets, storedWebhooksFile } from "./config/stored-webhooks.ts";
import type { Logger } from "./log/logger.ts";
import type { MobilePay } from "./mobilepay/client.ts";
import { prefixOf } from "./payments/payment/references-and-keys.ts";
import { ListenError } from "./server/listen.ts";
import { readTls } from "./server/tls-files.ts";
import type { World } from "./world.ts";

/** What brings the till its customers' check-ins, besides the POS page. */
export interface CheckInSource {
  /** `notRegistered`: no webhook was registered from here, so none can be believed. */
  state(): "ready" | "connecting" | "notRegistered";
  /** The till may have another tag now. */
  tillChanged(): void;
  close(): Promise<void>;
}

export interface CheckInSourceParts {
  readonly notify: (notice: CheckInNotice) => Promise<boolean>;
  readonly requery: (reference: string) => void;
  readonly tagId: () => string | undefined;
  readonly mobilePay: MobilePay;
  readonly world: World;
  readonly log: Logger;
  readonly version: string;
}

/** Starts what `checkIn.mode` asks for. Nothing of the other modes is loaded. Throws `ListenError`. */
export async function startCheckInSource(config: Config, parts: CheckInSourceParts): Promise<CheckInSource> {
  // How old a check-in is goes by MobilePay's time.
  if (config.checkIn.mode !== "frontend") void parts.mobilePay.learnTime();
  switch (config.checkIn.mode) {
    case "frontend":
      return { state: () => "ready", tillChanged: () => undefined, close: async () => undefined };
    case "webhook":
      return startWebhooks(config, config.checkIn, parts);
    case "mqtt":
      return startMqtt(config, config.checkIn, parts);
  }
}

type Settings<Mode> = Extract<Config["checkIn"], { readonly mode: Mode }>;

async function startWebhooks(
  { dataDir, mobilepay }: Config,
  { url, secret, listen }: Settings<"webhook">,
  { mobilePay, ...parts }: CheckInSourceParts,
): Promise<CheckInSource> {
  const { startWebhook } = await import("./check-in/webhook.ts");
  const { merchantSerialNumber } = mobilepay;
  const log = parts.log.child("webhooks");
  const stored = storedSecrets(storedWebhooksFile(dataDir), { merchantSerialNumber, url }, (why) => log.error(why));
  const secrets = secret === undefined ? stored : () => [secret];
  const tls = await readTls(listen.tls, "checkIn.listen.tls");
  try {
    const server = await startWebhook({
      ...parts,
      listen: { address: listen.address, port: listen.port, ...(tls && { tls }) },
      url,
      secrets,
      merchantSerialNumber,
      mobilePayNow: () => mobilePay.timeNow(),
      learnTime: () => mobilePay.learnTime(),
      log,
    });
    return {
      state: () => (secrets().length > 0 ? "ready" : "notRegistered"),
      tillChanged: () => undefined,
      close: () => server.close(),
    };
  } catch (error) {
    throw error instanceof Error && error.name === "WebhookListenError" ? new ListenError(error.message) : error;
  }
}

async function startMqtt(
  { till, mobilepay }: Config,
  { url, username, password, ca, topicPrefix }: Settings<"mqtt">,
  parts: CheckInSourceParts,
): Promise<CheckInSource> {
  const { startTillLink } = await import("./check-in/mqtt.ts");
  return startTillLink({
    ...parts,
    broker: { url, username, password, ...(ca !== undefined && { ca: await readCa(ca) }) },
    topicPrefix,
    merchantSerialNumber: mobilepay.merchantSerialNumber,
    tillId: till.id,
    referencePrefix: prefixOf(till.id),
    log: parts.log.child("broker"),
  });
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw new ListenError("the certificates that checkIn.ca names cannot be read");
  }
}
