import { WebSocket } from "ws";
import { closeCodes } from "../protocol/json-rpc.ts";

/** What goes to one client. A client that does not read must not fill the daemon's memory: it is cut off. */
export interface SendBuffer {
  /** A whole frame, as text. Dropped when the socket is no longer open. */
  send(frame: string | Buffer): void;
  /** Sends in order and resolves when all of it has left for the client, or the socket is closed. */
  sendAll(frames: readonly string[]): Promise<void>;
}

export function createSendBuffer(socket: WebSocket, unreadBytesMax: number): SendBuffer {
  function send(frame: string | Buffer, sent?: () => void): void {
    if (socket.readyState !== WebSocket.OPEN) return sent?.();
    socket.send(frame, { binary: false }, sent && (() => sent()));
    if (socket.bufferedAmount > unreadBytesMax) socket.close(closeCodes.notReading, "the client does not read");
  }
  return {
    send: (frame) => send(frame),
    async sendAll(frames) {
      await Promise.all(frames.map((frame) => new Promise<void>((resolve) => send(frame, resolve))));
    },
  };
}
