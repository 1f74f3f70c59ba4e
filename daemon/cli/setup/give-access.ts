import { randomUUID } from "node:crypto";
import { accessFile } from "../../server/access/file.ts";
import { type AccessClient, type AccessRecord, addClient, revokeClient } from "../../server/access/record.ts";
import { hashOf, newToken } from "../../server/access/secrets.ts";
import { CommandError } from "../command.ts";

/** The POS page that gets access. With an origin its token is good from there alone. */
export interface PosPage {
  /** Undefined: any name will do. */
  readonly name: string | undefined;
  readonly origin: string | undefined;
}

const usualName = "POS";

/** Before anything else is changed. Throws `CommandError` when there is no room in the list, and `AccessFileError`. */
export function refuseAccess(dataDir: string, page: PosPage, renews: boolean): void {
  const record = accessFile(dataDir).read();
  const { name, isAdded } = placeFor(record, page, renews);
  if (!isAdded) return;
  if (withPage(record, clientFor(name, page, newToken(), 0), renews).answer === "tooMany")
    throw new CommandError(`${tooMany} Nothing was changed.`);
}

/**
 * The page's name and its token. No token when it has access already, or when no name is given and another page has; unless `renews`
 * is. Throws `AccessFileError`, or `CommandError` when there is no room in the list.
 */
export async function giveAccess(
  dataDir: string,
  page: PosPage,
  { renews, now }: { readonly renews: boolean; readonly now: number },
): Promise<{ readonly name: string; readonly token?: string }> {
  const file = accessFile(dataDir);
  const { name, isAdded } = placeFor(file.read(), page, renews);
  if (!isAdded) return { name };
  const token = newToken();
  const outcome = await file.update((record) => withPage(record, clientFor(name, page, token, now), renews));
  if (outcome === "tooMany") throw new CommandError(tooMany);
  return outcome === "added" ? { name, token } : { name };
}

const tooMany = "Too many clients have access: tillbridge access revoke one first.";

/** Who the page is in the list. It is not added when no name is given and a client is there already. */
function placeFor({ clients }: AccessRecord, page: PosPage, renews: boolean): { name: string; isAdded: boolean } {
  const [only, ...others] = clients;
  if (page.name === undefined && only !== undefined && !renews) return { name: only.name, isAdded: false };
  return { name: page.name ?? (others.length === 0 ? only?.name : undefined) ?? usualName, isAdded: true };
}

function clientFor(name: string, { origin }: PosPage, token: string, now: number): AccessClient {
  return {
    id: randomUUID(),
    name,
    ...(origin !== undefined && { origin }),
    tokenHash: hashOf(token),
    createdAt: now,
  };
}

function withPage(record: AccessRecord, client: AccessClient, renews: boolean): ReturnType<typeof addClient> {
  return addClient(renews ? revokeClient(record, { name: client.name }).record : record, client);
}
