import { randomUUID } from "node:crypto";
import { accessFile } from "../../access/file.ts";
import { type AccessClient, addClient, revokeClient } from "../../access/record.ts";
import { hashOf, newToken } from "../../access/secrets.ts";
import { CommandError } from "../command.ts";

/** The POS page that gets access. With an origin its token is good from there alone. */
interface Page {
  /** Undefined: nobody cares. */
  readonly name: string | undefined;
  readonly origin: string | undefined;
}

const usualName = "POS";

/**
 * The page's name and its token. No token when it has access already, or when no name is wished and somebody else has; unless `renews`
 * is. Throws `AccessFileError`.
 */
export async function giveAccess(
  dataDir: string,
  page: Page,
  { renews, now }: { readonly renews: boolean; readonly now: number },
): Promise<{ readonly name: string; readonly token?: string }> {
  const file = accessFile(dataDir);
  const [only, ...others] = file.read().clients;
  const name = page.name ?? (others.length === 0 ? only?.name : undefined) ?? usualName;
  if (page.name === undefined && only !== undefined && !renews) return { name: only.name };
  const token = newToken();
  const client: AccessClient = {
    id: randomUUID(),
    name,
    ...(page.origin !== undefined && { origin: page.origin }),
    tokenHash: hashOf(token),
    createdAt: now,
  };
  const outcome = await file.update((record) =>
    addClient(renews ? revokeClient(record, { name }).record : record, client),
  );
  if (outcome === "tooMany")
    throw new CommandError("Too many clients have access: tillbridge access revoke one first.");
  return outcome === "added" ? { name, token } : { name };
}
