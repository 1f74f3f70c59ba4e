import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { WebSocket } from "ws";

/** What came in one frame. */
export interface Frame {
  readonly id?: string | number | null;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data: Record<string, unknown> };
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

export const hello = { protocol: { min: 1, max: 1 }, client: { name: "test page", version: "1" } };

/** A client without any manners of its own: sends what it is told, shows what comes. */
export class RawClient {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly #waiting = new Set<() => void>();
  #closeCode: number | undefined;
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()) as Frame);
      this.#look();
    });
    socket.on("close", (code) => {
      this.#closeCode = code;
      this.#look();
    });
    socket.on("error", () => undefined);
  }

  /** Resolves with the code that the daemon closed with. */
  async closed(): Promise<number> {
    return this.until(() => this.#closeCode);
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** Resolves with the answer, whether result or error. */
  async call(method: string, params: object = {}): Promise<Frame> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.send({ jsonrpc: "2.0", id, method, params });
    return this.answer(id);
  }

  async answer(id: string | number | null): Promise<Frame> {
    return this.until(() => this.frames.find((it) => it.id === id));
  }

  async notification(method: string): Promise<Frame> {
    return this.until(() => this.frames.find((it) => it.method === method));
  }

  events(): Frame[] {
    return this.frames.filter((it) => it.method !== undefined);
  }

  /** Waits for frames or the end of the socket until `look` finds something. */
  async until<Found>(look: () => Found | undefined): Promise<Found> {
    for (let found = look(); ; found = look()) {
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #look(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

export interface ConnectOptions {
  readonly address?: "127.0.0.1" | "[::1]";
  readonly origin?: string;
  readonly headers?: Record<string, string>;
  readonly path?: string;
}

/** Rejects when the upgrade is refused. */
export async function connectRaw(
  port: number,
  { address = "127.0.0.1", origin, headers, path = "/v1" }: ConnectOptions = {},
): Promise<RawClient> {
  const socket = new WebSocket(`ws://${address}:${port}${path}`, {
    ...(origin && { origin }),
    ...(headers && { headers }),
  });
  const client = new RawClient(socket);
  await once(socket, "open");
  return client;
}

/** Sends bytes (text: one per character) and resolves with everything that comes back until the daemon hangs up. */
export async function exchange(port: number, bytes: string | Buffer, host = "127.0.0.1"): Promise<string> {
  const socket = connectTcp({ host, port });
  await once(socket, "connect");
  // Hanging up on someone who is still sending looks like an error at his end.
  socket.on("error", () => undefined);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  await new Promise((resolve) => socket.on("close", resolve));
  return Buffer.concat(chunks).toString("latin1");
}

/** The head of an upgrade, with these headers instead of the usual ones. Undefined leaves one out. */
export function upgradeHead(headers: readonly (readonly [string, string])[], target = "/v1"): string {
  const lines = [
    `GET ${target} HTTP/1.1`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

export function statusOf(answer: string): number {
  return Number(answer.split(" ")[1]);
}
