import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

/** A shop's proxy on loopback, which knows CONNECT. */
export interface TestProxy {
  readonly port: number;
  /** To whom it was asked to connect, and with which login. */
  readonly asked: { readonly to: string; readonly login: string | undefined }[];
  close(): Promise<void>;
}

/** `login`: `name:password`; others are refused with 407. `allows`: false refuses with 403. Every name is this computer. */
export async function startProxy({
  login,
  allows = true,
}: {
  login?: string;
  allows?: boolean;
} = {}): Promise<TestProxy> {
  const asked: TestProxy["asked"][number][] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_, response) => void response.writeHead(400).end());
  server.on("connect", (request, socket: Duplex) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    const [, basic] = /^Basic (.+)$/.exec(request.headers["proxy-authorization"] ?? "") ?? [];
    const given = basic === undefined ? undefined : Buffer.from(basic, "base64").toString("utf8");
    asked.push({ to: request.url ?? "", login: given });
    if (login !== undefined && given !== login) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    if (!allows) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const far = connect(Number((request.url ?? "").split(":").at(-1)), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      far.pipe(socket).pipe(far);
    });
    sockets.add(far);
    far.on("error", () => socket.destroy());
    return undefined;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    // It listens on a port.
    port: (server.address() as AddressInfo).port,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
