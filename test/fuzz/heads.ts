import { once } from "node:events";
import { connect } from "node:net";
import { get } from "node:http";
import { startTestServer } from "../support/rpc-server.ts";
import { upgradeHead } from "../support/rpc-client.ts";
import type { ValueGenerator } from "./value-generator.ts";
import { checkTellsNothing, type FuzzTarget } from "./target.ts";

const waitMs = 150;

/** The door: heads of requests and upgrades, spoilt byte by byte, cut into pieces. A spoilt head may never let a stranger in. */
export async function headsTarget(): Promise<FuzzTarget> {
  const till = await startTestServer();
  return {
    name: "heads",
    async run(generator) {
      const answers = await Promise.all(
        generator.random.list(8, () => send(till.port, headOf(generator, till.port), generator)),
      );
      for (const answer of answers) checkTellsNothing(answer);
      await served(till.port);
    },
    close: () => till.stop(),
  };
}

function headOf(generator: ValueGenerator, port: number): Buffer {
  const { random } = generator;
  const host = random.pick([`127.0.0.1:${port}`, `[::1]:${port}`, "evil.example", ""]);
  const headers = random.list(generator.whole(3), () => [random.pick(names), generator.text().slice(0, 500)] as const);
  const target = random.pick(["/v1", "/", "/health", "/metrics", "//", "/%00", generator.text().slice(0, 200)]);
  const head = Buffer.from(upgradeHead([["Host", host], ...headers], target), "latin1");
  return random.chance(0.8) ? generator.mutateBytes(head) : head;
}

const names = [
  "Host",
  "Origin",
  "Sec-WebSocket-Key",
  "Content-Length",
  "Transfer-Encoding",
  "Connection",
  "Upgrade",
  "Cookie",
  "Expect",
];

/** Everything that comes back within a moment. */
async function send(port: number, head: Buffer, generator: ValueGenerator): Promise<string> {
  const cut = generator.whole(head.length);
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "connect");
  socket.write(head.subarray(0, cut));
  socket.write(head.subarray(cut));
  // A reset is an answer too: the till hangs up on whoever is still sending.
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    setTimeout(resolve, waitMs);
  });
  socket.destroy();
  return Buffer.concat(chunks).toString("latin1");
}

/** A proper request is answered, whatever came before. */
async function served(port: number): Promise<void> {
  const request = get({ host: "127.0.0.1", port, path: "/health", agent: false });
  const [response] = (await once(request, "response")) as [{ statusCode?: number; resume(): void }];
  response.resume();
  if (response.statusCode !== 200) throw new Error(`a proper request is answered with ${response.statusCode}`);
}
