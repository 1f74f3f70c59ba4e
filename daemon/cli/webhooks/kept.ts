import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { writePrivateFile } from "../../server/access/private-file.ts";
import { type KeptWebhook, keptWebhooksText, readKeptWebhooks } from "../../config/kept-webhooks.ts";

/** What was registered from here, with the secrets. Receivers read the file again whenever it changes. */
export interface Kept {
  all(): readonly KeptWebhook[];
  add(webhook: KeptWebhook): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Throws `KeptWebhooksError` when the file cannot be used. */
export function keptIn(file: string): Kept {
  const write = async (webhooks: readonly KeptWebhook[]) => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writePrivateFile(file, keptWebhooksText(webhooks));
  };
  return {
    all: () => readKeptWebhooks(file),
    add: (webhook) => write([...readKeptWebhooks(file).filter(({ id }) => id !== webhook.id), webhook]),
    async remove(id) {
      const before = readKeptWebhooks(file);
      if (before.some((webhook) => webhook.id === id)) await write(before.filter((webhook) => webhook.id !== id));
    },
  };
}
