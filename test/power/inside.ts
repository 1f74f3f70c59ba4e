// Loaded into the daemon's process before the daemon (node --import). The daemon itself has no hooks for tests: this stands
// between it and SQLite, the network and the clock.
import { subscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import sqlite3 from "sqlite3";
import { hitWord, type InnerTrigger, type Inside, type PlatformCall } from "./triggers.ts";

type Callback = (error: Error | null, ...rest: unknown[]) => void;
type Around = (when: "before" | "after") => void;

const inside = JSON.parse(process.env["POWER_INSIDE"] ?? "{}") as Inside;

function main(): void {
  const { trigger, clock, checkpointPages, unsynced } = inside;
  const left = new Countdown(trigger);
  if (trigger?.in === "commit" || trigger?.in === "statement" || unsynced) wrapStatements(trigger, left);
  if (trigger?.in === "statement" || unsynced || checkpointPages !== undefined) wrapScripts(left);
  if (trigger?.in === "request") watchRequests(trigger, left);
  if (clock) jump(clock);
}

/** Counts the times the trigger was passed, and kills at the right one. */
class Countdown {
  readonly trigger: InnerTrigger | undefined;
  #left: number;

  constructor(trigger: InnerTrigger | undefined) {
    this.trigger = trigger;
    this.#left = trigger?.nth ?? 0;
  }

  isLast(): boolean {
    this.#left -= 1;
    return this.#left === 0;
  }
}

function die(): never {
  writeSync(inside.told, `${hitWord}\n`);
  process.kill(process.pid, "SIGKILL");
  for (;;);
}

function wrapStatements(trigger: InnerTrigger | undefined, left: Countdown): void {
  type All = (this: { readonly sql: string }, values: readonly unknown[], done: Callback) => unknown;
  const prototype = sqlite3.Statement.prototype as unknown as { all: All };
  const real = prototype.all;
  prototype.all = function all(values, done) {
    if (inside.unsynced && this.sql === "PRAGMA synchronous") return real.call(this, values, saySynced(done));
    const around = aroundStatement(this.sql, values, trigger, left);
    around("before");
    return real.call(this, values, (...answer) => {
      around("after");
      done(...answer);
    });
  };
}

/** The daemon reads its settings back: this disk lies. */
function saySynced(done: Callback): Callback {
  return (error) => done(error, [{ synchronous: 2 }]);
}

function aroundStatement(
  sql: string,
  values: readonly unknown[],
  trigger: InnerTrigger | undefined,
  left: Countdown,
): Around {
  const fits =
    trigger?.in === "statement" ||
    (trigger?.in === "commit" && sql.startsWith("INSERT INTO batch") && holds(values, trigger.of));
  if (!fits || trigger === undefined || !left.isLast()) return () => undefined;
  return (when) => {
    if (when === trigger.when) die();
  };
}

function holds([events]: readonly unknown[], type: string): boolean {
  const rows = JSON.parse(String(events)) as readonly (readonly unknown[])[];
  return rows.some((row) => row[4] === type);
}

function wrapScripts(left: Countdown): void {
  type Exec = (this: object, sql: string, done: Callback) => unknown;
  const prototype = sqlite3.Database.prototype as unknown as { exec: Exec };
  const real = prototype.exec;
  prototype.exec = function exec(sql, done) {
    const around = aroundStatement("", [], left.trigger?.in === "statement" ? left.trigger : undefined, left);
    around("before");
    return real.call(this, changed(sql), (error: Error | null) => {
      around("after");
      done(error);
    });
  };
}

function changed(sql: string): string {
  if (!sql.includes("synchronous = FULL")) return sql;
  const { unsynced, checkpointPages } = inside;
  const weaker = unsynced ? sql.replace("synchronous = FULL", "synchronous = NORMAL") : sql;
  return checkpointPages === undefined ? weaker : `${weaker}; PRAGMA wal_autocheckpoint = ${checkpointPages};`;
}

type RequestTrigger = InnerTrigger & { readonly in: "request" };

function watchRequests(trigger: RequestTrigger, left: Countdown): void {
  const fits = (request: ClientRequest) => trigger.of === "any" || callOf(request) === trigger.of;
  const channel = trigger.when === "answered" ? "http.client.response.finish" : "http.client.request.created";
  subscribe(channel, (message) => {
    // Node's own documentation says what these channels carry.
    const { request } = message as { request: ClientRequest };
    if (!fits(request) || !left.isLast()) return;
    if (trigger.when === "partly") request.once("socket", sendHalf);
    else die();
  });
}

function sendHalf(socket: Socket): void {
  const write = socket.write.bind(socket) as (bytes: Buffer, done: () => void) => boolean;
  socket.write = ((data: string | Buffer, encoding?: BufferEncoding) => {
    const bytes = typeof data === "string" ? Buffer.from(data, encoding) : data;
    return write(bytes.subarray(0, bytes.length / 2), die);
  }) as Socket["write"];
}

function callOf({ method, path }: ClientRequest): PlatformCall | undefined {
  if (path.endsWith("/accesstoken/get")) return "token";
  const payment = /\/epayment\/v1\/payments(?:\/[^/]+(?:\/(\w+))?)?$/.exec(path);
  if (!payment) return undefined;
  if (method === "GET") return payment[1] === "events" ? "events" : "get";
  return (payment[1] as PlatformCall | undefined) ?? "create";
}

function jump({ afterMs, byMs }: NonNullable<Inside["clock"]>): void {
  const now = Date.now.bind(Date);
  const startedMs = performance.now();
  Date.now = () => (performance.now() - startedMs < afterMs ? now() : now() + byMs);
}

main();
