import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessCommand } from "../../daemon/cli/access/command.ts";
import { createEventLog, type EventLog } from "../../daemon/server/event-log.ts";
import { methodTable } from "../../daemon/protocol/methods.ts";
import type { TillView } from "../../daemon/protocol/values.ts";
import { type Access, openAccess } from "../../daemon/server/access/access.ts";
import type { Handlers } from "../../daemon/server/calls.ts";
import { type RpcServer, type RpcServerOptions, startRpcServer } from "../../daemon/server/server.ts";
import { recordingLogger } from "./log-records.ts";
import { type ConnectOptions, connectRaw, hello, type RawClient } from "./rpc-client.ts";
import { VirtualWorld } from "./virtual-world.ts";

export const posOrigin = "https://pos.example.com";

export const till: TillView = {
  tillId: "kassa-1",
  name: "Kassa 1",
  brand: "MobilePay",
  paired: false,
  paymentMethod: { displayName: "MobilePay", account: "", useInTill: true, quickButton: true },
};

/** A server on a real port with a real access list, in a world whose time passes when told. */
export interface TestServer {
  readonly server: RpcServer;
  readonly port: number;
  readonly dataDir: string;
  readonly world: VirtualWorld;
  readonly events: EventLog;
  readonly access: Access;
  readonly log: ReturnType<typeof recordingLogger>;
  /** The command line's `tillbridge access …`. */
  command(...argv: string[]): Promise<{ exitCode: number; lines: string[] }>;
  /** Adds a client and returns its token. */
  token(name?: string, origin?: string): Promise<string>;
  /** A client that has said hello. */
  ready(options?: ConnectOptions & { token?: string; afterSeq?: number }): Promise<RawClient>;
  /** Stops the server and starts another on the same data. */
  restart(): Promise<TestServer>;
  stop(): Promise<void>;
}

export type Overrides = Partial<Omit<RpcServerOptions, "handlers">> & {
  readonly handlers?: Partial<Handlers> | ((parts: Pick<TestServer, "access" | "world">) => Partial<Handlers>);
  readonly dataDir?: string;
  readonly world?: VirtualWorld;
  readonly lastSeq?: number;
};

export async function startTestServer(overrides: Overrides = {}): Promise<TestServer> {
  const world = overrides.world ?? new VirtualWorld();
  const log = recordingLogger();
  const dataDir = overrides.dataDir ?? (await mkdtemp(join(tmpdir(), "tillbridge-rpc-")));
  let seq = overrides.lastSeq ?? 0;
  const events = createEventLog({ nextSeq: () => ++seq, lastSeq: seq, world, log });
  const access = await openAccess({ dataDir, world, log });
  const starting = startRpcServer({
    port: 0,
    origins: [posOrigin],
    events,
    access,
    pages: { health: () => ({ status: "ok" }), metrics: () => "tillbridge_up 1\n", page: pageFor },
    tillStatus: () => ({ till, recoveryOpen: 0 }),
    version: "0.1.0",
    world,
    log,
    ...overrides,
    // Pongs take real time: a world whose time jumps would find every client silent.
    limits: { pingEveryMs: 1_000_000_000, ...overrides.limits },
    handlers: handlersWith(
      typeof overrides.handlers === "function" ? overrides.handlers({ access, world }) : overrides.handlers,
    ),
  });
  const server = await starting.catch(async (error: unknown) => {
    await access.close();
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  });

  async function halt(): Promise<void> {
    await server.close();
    await access.close();
  }

  const test: TestServer = {
    server,
    port: server.port,
    dataDir,
    world,
    events,
    access,
    log,
    command: (...argv) => runCommand(dataDir, world, argv),
    async token(name = "POS", origin) {
      const { lines } = await test.command("add", "--name", name, ...(origin ? ["--origin", origin] : []));
      return lines.at(-1) ?? "";
    },
    async ready({ token, afterSeq, ...options } = {}) {
      const known = token ?? (await test.token(`POS ${world.uuid()}`));
      const client = await connectRaw(test.port, options);
      const answer = await client.call("session.hello", {
        ...hello,
        token: known,
        ...(afterSeq !== undefined && { afterSeq }),
      });
      if (!answer.result) throw new Error(`hello was refused: ${JSON.stringify(answer.error)}`);
      return client;
    },
    async restart() {
      await halt();
      return startTestServer({ ...overrides, dataDir, lastSeq: seq });
    },
    async stop() {
      await halt();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return test;
}

async function runCommand(dataDir: string, world: VirtualWorld, argv: string[]) {
  const lines: string[] = [];
  const exitCode = await accessCommand(argv, { dataDir, world, print: (line) => lines.push(line) });
  return { exitCode, lines };
}

/** Every method answers that it is not there, except those given. */
function handlersWith(given: Partial<Handlers> = {}): Handlers {
  const missing = (name: string) => [name, () => Promise.reject(new Error(`no handler for ${name}`))] as const;
  const all = Object.fromEntries(Object.keys(methodTable).map(missing));
  return { ...all, "till.get": () => Promise.resolve(till), ...given } as Handlers;
}

function pageFor(path: string) {
  return path === "/"
    ? { contentType: "text/html; charset=utf-8", body: "<!doctype html><title>Tillbridge</title>" }
    : undefined;
}
