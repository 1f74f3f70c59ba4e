import { type Config, loginIn, secretsOf } from "../../config/config.ts";
import { StoredWebhooksError, storedWebhooksFile, readStoredWebhooks } from "../../config/stored-webhooks.ts";
import { leavesIn } from "../../config/leaves.ts";
import { createRedactor } from "../../redact/redact.ts";

/** Makes safe what leaves the till for another person to read. */
export interface Cleaner {
  /** A text of many lines. Besides keys and tokens no number that could be a phone's is left. */
  text(text: string): string;
  /** Any value, by the names of its fields. */
  fields(value: object): Record<string, unknown>;
}

const removed = "[removed]";
/** Eight to fifteen digits, also in groups: numbers without a country code too, which a log of ours never holds. */
const numbers = /(?<![\w.-]|\d:)\+?\(?\d(?:[ ()-]{0,2}\d){7,14}(?![\w:-]|\.\d)/g;
const date = /^\d{4}-\d{2}-\d{2}\b/;
const secretNames = /^(?:clientId|clientSecret|subscriptionKey|password|proxy|secret)$/;

export function createCleaner(secrets: readonly string[]): Cleaner {
  const redactor = createRedactor(secrets);
  const line = (text: string) => redactor.text(text).replace(numbers, (found) => (date.test(found) ? found : removed));
  return {
    text: (text) => text.split("\n").map(line).join("\n"),
    fields: (value) => redactor.fields({ ...value }),
  };
}

/** Every value that must not be shown, as far as it is known on this till. */
export function knownSecrets(config: Config): string[] {
  return [...secretsOf(config), ...keptSecretsIn(config.dataDir)];
}

/** The same where the settings cannot be used: what stands in them in a secret's place. Throws `ConfigError` when they cannot be read. */
export function secretsWritten(file: string): string[] {
  return leavesIn(file).flatMap(({ path, value }) =>
    secretNames.test(path.at(-1) ?? "") && typeof value === "string" ? [value, ...loginIn(value)] : [],
  );
}

function keptSecretsIn(dataDir: string): string[] {
  try {
    return readStoredWebhooks(storedWebhooksFile(dataDir)).map(({ secret }) => secret);
  } catch (error) {
    if (error instanceof StoredWebhooksError) return [];
    throw error;
  }
}
