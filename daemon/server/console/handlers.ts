import { closeConsole } from "../access/console-access.ts";
import { decideRequest, revokeClient, rightsOf } from "../access/record.ts";
import type { ConsoleOverview, ConsoleScanners, LogRecord } from "../../protocol/values.ts";
import type { Access } from "../access/access.ts";
import type { HandlersOf } from "../calls.ts";
import type { World } from "../../world.ts";

/** What the console's own methods act on. */
export interface ConsoleServices {
  readonly access: Access;
  readonly world: Pick<World, "now">;
  /** Pages and programs that are connected now. */
  readonly connected: () => number;
  readonly system: ConsoleOverview["system"];
  readonly logTail: () => LogRecord[];
  readonly scanners: () => Promise<ConsoleScanners>;
}

/** The methods that only the till's own console may call. */
export function consoleHandlers(services: ConsoleServices): HandlersOf<"console"> {
  const { access, world, logTail } = services;
  return {
    "console.overview": async () => overview(services),
    "console.decideAccess": async ({ requestId, approve, rights }) => ({
      outcome: await access.update((record) => decideRequest(record, requestId, approve, world.now(), rights)),
    }),
    "console.revoke": async ({ clientId }) => ({
      revoked: await access.update((record) => revokeClient(record, { id: clientId })),
    }),
    "console.close": async (_, { clientId }) => {
      await access.update((record) => ({ record: closeConsole(record, clientId), answer: undefined }));
      return { closed: true };
    },
    "console.scanners": () => services.scanners(),
    "console.log": async () => ({ records: logTail() }),
  };
}

function overview({ access, world, connected, system }: ConsoleServices): ConsoleOverview {
  const { clients, requests } = access.record();
  const now = world.now();
  return {
    connected: connected(),
    system,
    clients: clients.map((client) => ({
      clientId: client.id,
      name: client.name,
      ...(client.origin !== undefined && { origin: client.origin }),
      rights: [...rightsOf(client)],
      since: timeText(client.createdAt),
    })),
    requests: requests
      .filter((it) => it.createdAt <= now && now < it.expiresAt)
      .map(({ id, name, origin, expiresAt }) => ({
        requestId: id,
        name,
        origin,
        ...codeMember(access.codeOf(id)),
        until: timeText(expiresAt),
      })),
  };
}

function codeMember(code: string | undefined): { code?: string } {
  return code === undefined ? {} : { code };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
