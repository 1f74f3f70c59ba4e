import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { SerialPortStream } from "@serialport/stream";
import { autoDetect } from "@serialport/bindings-cpp";
import sqlite3 from "sqlite3";
import { WebSocket } from "ws";
import { openPty } from "../support/pty.ts";
import { pauseBetweenStartsMs, type Sample, sampleOf, timed } from "./figures.ts";

/** The same work with nothing of ours in it, on the same machine in the same run. */
export interface Baselines {
  readonly echo: Sample;
  readonly commit: Sample;
  readonly serialRead: Sample;
  readonly nodeStart: Sample;
}

export async function measureBaselines(folder: string): Promise<Baselines> {
  return {
    echo: sampleOf(await echoes()),
    commit: sampleOf(await commits(join(folder, "bare.db"))),
    serialRead: sampleOf(await bareSerialReads()),
    nodeStart: sampleOf(await nodeStarts()),
  };
}

const echoServer = `
  const { WebSocketServer } = require("ws");
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  server.on("listening", () => console.log(server.address().port));
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(data, { binary: false })));
`;

async function echoes(): Promise<number[]> {
  const child = spawn(process.execPath, ["-e", echoServer], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  const socket = new WebSocket(`ws://127.0.0.1:${Number(port)}`, { perMessageDeflate: false });
  await once(socket, "open");
  const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "till.get", params: {}, padding: "x".repeat(250) });
  const values = await timed(3000, async () => {
    socket.send(call);
    await once(socket, "message");
  });
  socket.close();
  child.kill();
  return values;
}

/** One INSERT of 300 bytes per synced commit, WAL and synchronous=FULL, through the same package. */
async function commits(file: string): Promise<number[]> {
  const database = new sqlite3.Database(file);
  const run = (sql: string, ...values: unknown[]) =>
    new Promise<void>((resolve, reject) =>
      database.run(sql, ...values, (error: Error | null) => (error ? reject(error) : resolve())),
    );
  await run("PRAGMA journal_mode=WAL");
  await run("PRAGMA synchronous=FULL");
  await run("CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT) STRICT");
  const body = "x".repeat(300);
  const values = await timed(300, () => run("INSERT INTO rows (body) VALUES (?)", body), pauseBetweenStartsMs);
  await new Promise<void>((resolve) => database.close(() => resolve()));
  return values;
}

export async function bareSerialReads(): Promise<number[]> {
  const pty = await openPty();
  const port = new SerialPortStream({ binding: autoDetect(), path: pty.path, baudRate: 9600 });
  await once(port, "open");
  const values = await timed(300, async (index) => {
    const line = `57012345${String(index).padStart(5, "0")}\r`;
    let received = "";
    const whole = new Promise<void>((resolve) => {
      const take = (chunk: Buffer) => {
        received += chunk.toString("latin1");
        if (!received.includes("\r")) return;
        port.off("data", take);
        resolve();
      };
      port.on("data", take);
    });
    await pty.write(line);
    await whole;
  });
  await new Promise<void>((resolve) => port.close(() => resolve()));
  await pty.remove();
  return values;
}

function nodeStarts(): Promise<number[]> {
  return timed(20, async () => {
    const child = spawn(process.execPath, ["-e", "console.log(1)"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await once(child, "exit");
  });
}
