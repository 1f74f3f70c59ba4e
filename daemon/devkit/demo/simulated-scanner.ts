import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScannerLine } from "./scanner-line.ts";

/** Where there is no pseudo-terminal: the daemon's simulated scanner, which reads what it is told here. */
export async function listenAsScanner(): Promise<ScannerLine> {
  // Not in the till's folder: the path of a socket has 107 bytes at most.
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-scanner-"));
  const socket = join(folder, "labels");
  const tills = new Set<Socket>();
  const server = createServer((till) => {
    tills.add(till);
    till.on("error", () => {});
    till.on("close", () => tills.delete(till));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, resolve);
  });
  return {
    device: { driver: "simulated", name: "Simulated scanner", socket },
    scan: (text) => {
      for (const till of tills) till.write(`${text}\n`);
    },
    async close() {
      for (const till of tills) till.destroy();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
