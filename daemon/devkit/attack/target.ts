import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { WebSocket } from "ws";
import { withDeadline } from "../../deadline.ts";
import { sleep } from "../../world.ts";

/** The till that is tried. */
export interface Target {
  readonly url: URL;
  readonly port: number;
  /** An origin that the till lets in, to try what looks like it. */
  readonly origin?: string | undefined;
  /** Of a client of the till: without one, what happens after hello is not tried. */
  readonly token?: string | undefined;
  /** How long an answer may take, milliseconds. */
  readonly answerMsMax: number;
}

const answerBytesMax = 256 * 1024;

/** Sends bytes and resolves with all that comes back until the till hangs up or is silent for too long. Rejects when refused. */
export async function exchange(target: Target, bytes: string, host = "127.0.0.1"): Promise<string> {
  const socket = await open(target, host);
  const chunks: Buffer[] = [];
  let size = 0;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    // An upgrade that is granted stays open: its head says all there is to say.
    if (size > answerBytesMax || chunk.includes("HTTP/1.1 101")) end();
  });
  // Hanging up on someone who is still sending looks like an error at his end.
  socket.on("error", () => end());
  socket.on("close", () => end());
  socket.write(Buffer.from(bytes, "latin1"));
  await withDeadline({ sleep }, target.answerMsMax, ended, () => undefined);
  socket.destroy();
  return Buffer.concat(chunks).toString("latin1");
}

/** A bare connection. Rejects when nobody listens there. */
export async function open({ url, port, answerMsMax }: Target, host = "127.0.0.1"): Promise<Socket> {
  const isTls = url.protocol === "wss:";
  // The till's own certificate is not what is tried here.
  const socket = isTls ? connectTls({ host, port, rejectUnauthorized: false }) : connectTcp({ host, port });
  socket.on("error", () => undefined);
  try {
    await withDeadline({ sleep }, answerMsMax, once(socket, isTls ? "secureConnect" : "connect"), noAnswer);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function noAnswer(): never {
  throw new Error("no answer");
}

export type Header = readonly [name: string, value: string];

/** The head of an upgrade with these headers and no other Host or Origin. */
export function upgradeHead(headers: readonly Header[], target = "/v1"): string {
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

export function requestHead(method: string, path: string, headers: readonly Header[]): string {
  return `${[`${method} ${path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)].join("\r\n")}\r\n\r\n`;
}

export function hostOf({ port }: Target): string {
  return `127.0.0.1:${port}`;
}

/** 0 when there was no answer. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

/** A program's connection: everything that comes, and how it ends. */
export interface Talk {
  readonly socket: WebSocket;
  readonly frames: string[];
  /** The first frame, or the code of the close, whichever comes first; `silent` when neither does. */
  readonly next: () => Promise<string>;
  /** The code that the till closed with; `open` when it did not within the time. */
  readonly closed: () => Promise<string>;
}

export async function talk(target: Target): Promise<Talk> {
  const { answerMsMax } = target;
  const options = { ...(target.origin !== undefined && { origin: target.origin }), rejectUnauthorized: false };
  const socket = new WebSocket(`${target.url.protocol}//${hostOf(target)}/v1`, options);
  const frames: string[] = [];
  let closeCode: string | undefined;
  socket.on("message", (data: Buffer) => {
    if (frames.length < 1_000) frames.push(data.toString());
  });
  socket.on("close", (code) => (closeCode = String(code)));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => undefined);

  async function when(look: () => string | undefined, otherwise: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const check = () => {
      const found = look();
      if (found !== undefined) resolve(found);
    };
    socket.on("message", check);
    socket.on("close", check);
    check();
    const found = await withDeadline({ sleep }, answerMsMax, promise, () => otherwise);
    socket.off("message", check);
    socket.off("close", check);
    return found;
  }

  return {
    socket,
    frames,
    next: () => {
      const seen = frames.length;
      return when(() => frames[seen] ?? closeCode, "silent");
    },
    closed: () => when(() => closeCode, "open"),
  };
}
