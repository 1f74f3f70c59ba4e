import { statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { readSecret } from "./secret.ts";

/** A webhook that was registered with MobilePay from here, and the secret that MobilePay returns only once. */
const keptWebhook = z.object({
  id: z.string().min(1),
  merchantSerialNumber: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  secret: z.string().min(1),
  /** RFC 3339, by the clock of the computer that registered it. */
  registeredAt: z.string(),
});
const keptWebhooks = z.object({ webhooks: z.array(keptWebhook).max(20) });

export type StoredWebhook = z.infer<typeof keptWebhook>;

/** The file cannot be used. One line for a person; never what stands in it. */
export class StoredWebhooksError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "StoredWebhooksError";
  }
}

const fileName = "webhooks.json";

/** Where `tillbridge webhooks` keeps what it has registered. */
export function storedWebhooksFile(dataDir: string): string {
  return join(dataDir, fileName);
}

/** What is kept in `file`; nothing where there is no file yet. Throws `StoredWebhooksError`. */
export function readStoredWebhooks(file: string): readonly StoredWebhook[] {
  if (!statSync(file, { throwIfNoEntry: false })) return [];
  const secret = readSecret(file);
  if (secret.refused !== undefined) throw new StoredWebhooksError(`the file of registered webhooks ${secret.refused}`);
  try {
    return keptWebhooks.parse(JSON.parse(secret.text)).webhooks;
  } catch {
    throw new StoredWebhooksError("the file of registered webhooks is damaged: register them anew");
  }
}

export function storedWebhooksText(webhooks: readonly StoredWebhook[]): string {
  return `${JSON.stringify({ webhooks }, undefined, 2)}\n`;
}

/**
 * The secrets kept in `file` for one address of one sales unit, as they are now: the file is read again whenever it has changed. When it
 * cannot be read, the secrets known before go on, and `complain` gets the reason.
 */
export function storedSecrets(
  file: string,
  wanted: Pick<StoredWebhook, "merchantSerialNumber" | "url">,
  complain: (why: string) => void,
): () => readonly string[] {
  let seen = "";
  let secrets: readonly string[] = [];
  return () => {
    const now = versionOf(file);
    if (now === seen) return secrets;
    seen = now;
    try {
      secrets = readStoredWebhooks(file)
        .filter(({ merchantSerialNumber }) => merchantSerialNumber === wanted.merchantSerialNumber)
        .filter(({ url }) => url === wanted.url)
        .map(({ secret }) => secret);
    } catch (error) {
      if (!(error instanceof StoredWebhooksError)) throw error;
      complain(error.message);
    }
    return secrets;
  };
}

function versionOf(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino}:${found.mtimeNs}:${found.size}:${found.mode}` : "none";
}
