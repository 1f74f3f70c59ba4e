import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that the system gives out by itself (32768 and up): between now and its use nobody else is given this one. */
const lowest = 11_000;
const highest = 32_000;
/** Each worker of the tests has ports of its own. */
const workers = 2;

/** A port on 127.0.0.1 that is free, and the next one too. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env["VITEST_POOL_ID"] ?? 0) % workers;
  for (;;) {
    const port = lowest + 2 * (workers * randomInt((highest - lowest) / (2 * workers)) + worker);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
