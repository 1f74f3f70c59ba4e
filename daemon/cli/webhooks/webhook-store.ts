import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { writePrivateFile } from "../../server/access/private-file.ts";
import { type StoredWebhook, storedWebhooksText, readStoredWebhooks } from "../../config/stored-webhooks.ts";

/** What was registered from here, with the secrets. Receivers read the file again whenever it changes. */
export interface WebhookStore {
  all(): readonly StoredWebhook[];
  add(webhook: StoredWebhook): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Throws `StoredWebhooksError` when the file cannot be used. */
export function webhookStoreIn(file: string): WebhookStore {
  const write = async (webhooks: readonly StoredWebhook[]) => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writePrivateFile(file, storedWebhooksText(webhooks));
  };
  return {
    all: () => readStoredWebhooks(file),
    add: (webhook) => write([...readStoredWebhooks(file).filter(({ id }) => id !== webhook.id), webhook]),
    async remove(id) {
      const before = readStoredWebhooks(file);
      if (before.some((webhook) => webhook.id === id)) await write(before.filter((webhook) => webhook.id !== id));
    },
  };
}
