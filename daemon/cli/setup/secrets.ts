import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { Readable } from "node:stream";
import * as z from "zod";
import type { SecretIn } from "../../config/secret.ts";
import { readSecret } from "../../config/secret.ts";
import { UsageError } from "../command.ts";
import { secretFile, type SecretName, secretNames, secretPlaces } from "../system/secret-places.ts";
import type { Edit } from "../../config/edit.ts";

/** New secrets, not yet written. */
export type Secrets = ReadonlyMap<SecretName, string>;

/** From files that no other user may read. Throws `UsageError`. */
export function secretsInFiles(files: ReadonlyMap<SecretName, string>, folder = "."): Secrets {
  return new Map([...files].map(([name, file]) => [name, secretInFile(name, resolve(folder, file))]));
}

function secretInFile(name: SecretName, file: string): string {
  const found = readSecret(file);
  if (found.refused !== undefined)
    throw new UsageError(`${secretPlaces[name].words}: the file ${file} ${found.refused}`);
  return found.text.trim();
}

/** Three keys have a few hundred bytes. */
const stdinBytesMax = 65_536;
const onStdin = z.strictObject({
  clientId: z.string().optional(),
  clientSecret: z.string().optional(),
  subscriptionKey: z.string().optional(),
  brokerPassword: z.string().optional(),
  proxy: z.string().optional(),
});

/** One JSON object, to the end of the input. Throws `UsageError`, without what was read. */
export async function secretsOnStdin(stdin: Readable): Promise<Secrets> {
  const read = await text(stdin);
  const parsed = onStdin.safeParse(read.length > stdinBytesMax ? undefined : jsonIn(read));
  if (!parsed.success)
    throw new UsageError(`--secrets-from-stdin wants one JSON object with ${secretNames.join(", ")}, each a text`);
  return new Map(
    secretNames.flatMap((name) => (parsed.data[name] === undefined ? [] : [[name, parsed.data[name].trim()]])),
  );
}

function jsonIn(read: string): unknown {
  try {
    return JSON.parse(read);
  } catch {
    return undefined;
  }
}

/** What the settings say in place of a secret. */
export function secretEdits(secrets: Secrets): Edit[] {
  return [...secrets.keys()].map((name) => ({
    path: secretPlaces[name].path,
    value: { file: secretPlaces[name].file },
  }));
}

/** Reads secrets that are not written yet as if they were. */
export function withSecrets(secrets: Secrets, settingsFile: string, secretIn: SecretIn): SecretIn {
  const coming = new Map([...secrets].map(([name, value]) => [secretFile(settingsFile, name), value]));
  return (file) => {
    const value = coming.get(file);
    return value === undefined ? secretIn(file) : { text: value };
  };
}
