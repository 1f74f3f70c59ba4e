import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import type { SeededRandom } from "../../sim/seeded-random.ts";
import { Negotiation, type NbdRequest, nextRequest, reply } from "./nbd.ts";

const sectorBytes = 512;
const lineMax = 64 * 1024 * 1024;

/** What a cut took and left of the sectors that were written and not flushed. */
export interface Taken {
  readonly lost: number;
  readonly kept: number;
}

/**
 * A disk with a cache that does not survive a power cut, for QEMU: `driver=nbd,server.type=unix`. What was written is on the medium
 * once it is flushed, or was written with "force unit access"; before, each sector for itself may get there or not.
 */
export class VolatileDisk {
  readonly #file: number;
  readonly #bytes: number;
  readonly #cache = new Map<number, Buffer>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  flushes = 0;

  constructor(path: string) {
    this.#file = openSync(path, "r+");
    this.#bytes = fstatSync(this.#file).size;
  }

  async listen(path: string): Promise<void> {
    await rm(path, { force: true });
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(path, resolve));
  }

  /** The machine is dead, and the disk without power. */
  cut(random: SeededRandom): Taken {
    for (const socket of this.#sockets) socket.destroy();
    let kept = 0;
    for (const [sector, data] of this.#cache) {
      if (!random.chance(0.5)) continue;
      this.#toMedium(sector, data);
      kept += 1;
    }
    const lost = this.#cache.size - kept;
    this.#cache.clear();
    return { lost, kept };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    closeSync(this.#file);
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const negotiation = new Negotiation(this.#bytes);
    let line: Buffer = Buffer.alloc(0);
    socket.write(negotiation.greeting);
    socket.on("data", (data: Buffer) => {
      line = line.length === 0 ? data : Buffer.concat([line, data]);
      if (line.length > lineMax) socket.destroy();
      while (!negotiation.isOver) {
        const step = negotiation.next(line);
        if (!step) return;
        line = line.subarray(step.bytes);
        socket.write(step.answer);
      }
      line = this.#obeyAll(socket, line);
    });
  }

  /** Answers what has not come whole yet. */
  #obeyAll(socket: Socket, line: Buffer): Buffer {
    let rest = line;
    for (let found = nextRequest(rest); found; found = nextRequest(rest)) {
      rest = rest.subarray(found.bytes);
      if (found.request.command === "disconnect") socket.end();
      else socket.write(this.#obey(found.request));
    }
    return rest;
  }

  #obey(request: NbdRequest): Buffer {
    switch (request.command) {
      case "read":
        return reply(request, this.#read(request.at, request.length));
      case "write":
        this.#write(request.at, request.data, request.forced);
        return reply(request);
      case "flush":
        this.#flush();
        return reply(request);
      default:
        return reply(request, undefined, true);
    }
  }

  #read(at: number, length: number): Buffer {
    const data = Buffer.alloc(length);
    readSync(this.#file, data, 0, length, at);
    if (this.#cache.size === 0) return data;
    for (let offset = 0; offset < length; offset += sectorBytes)
      this.#cache.get((at + offset) / sectorBytes)?.copy(data, offset);
    return data;
  }

  #write(at: number, data: Buffer, forced: boolean): void {
    for (let offset = 0; offset < data.length; offset += sectorBytes) {
      const sector = (at + offset) / sectorBytes;
      const content = Buffer.from(data.subarray(offset, offset + sectorBytes));
      if (forced) this.#toMedium(sector, content);
      else this.#cache.set(sector, content);
      if (forced) this.#cache.delete(sector);
    }
  }

  #flush(): void {
    this.flushes += 1;
    for (const [sector, data] of this.#cache) this.#toMedium(sector, data);
    this.#cache.clear();
  }

  #toMedium(sector: number, data: Buffer): void {
    writeSync(this.#file, data, 0, sectorBytes, sector * sectorBytes);
  }
}
