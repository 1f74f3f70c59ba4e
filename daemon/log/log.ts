import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Destination } from "./destination.ts";
import { createLogRateLimit } from "./rate-limit.ts";
import { type Level, lineOf } from "./line.ts";
import { createLogTail, type LogTail } from "./tail.ts";
import type { Fields, Logger } from "./logger.ts";
import type { Redactor } from "../redact/redact.ts";
import type { World } from "../world.ts";
import { withDeadline } from "../deadline.ts";

export interface LogOptions {
  /** The least important level that is written. */
  readonly level: Level;
  readonly redactor: Redactor;
  readonly world: Pick<World, "now" | "monotonicMs" | "sleep">;
  readonly destination: Destination;
}

export interface Log extends Logger {
  /** Loads the writer. Until then records wait, in order: winston is slow to load and a till should answer first. */
  open(): Promise<void>;
  /** The newest records, safe to show to the operator. */
  recentRecords: LogTail["records"];
  /** Written when this returns, with all that still waits: for a process that is about to end. */
  fatal(message: string, fields?: Fields): void;
  /** Resolves when everything is written, or after a second. */
  close(): Promise<void>;
}

/** Takes finished lines, in order. */
interface Writer {
  write(level: Level, line: string): void;
  end(): Promise<void>;
}

/** Records of a start; more means that something repeats itself. */
const waitingMax = 1000;
/** A log that hangs must not keep the till from ending. */
const closeMsMax = 1000;
const burst = 2000;
const perSecond = 200;
const ranks = { debug: 0, info: 1, warn: 2, error: 3 } as const;

/** A log that is written by winston as soon as that is loaded. Does no work until it is used. */
export function createLog({ level: least, redactor, world, destination }: LogOptions): Log {
  const rateLimit = createLogRateLimit(burst, perSecond);
  const tail = createLogTail(redactor);
  const waiting: { level: Level; line: string }[] = [];
  let lost = 0;
  let writer: Writer | undefined;
  let opening: Promise<void> | undefined;

  const line = (level: Level, component: string | undefined, message: string, fields: Fields | undefined) =>
    lineOf({ at: world.now(), level, component, message, fields }, redactor, destination.journald);

  function put(level: Level, text: string): void {
    tail.keep(destination.journald ? text.replace(/^<\d>/, "") : text);
    if (writer) writer.write(level, text);
    else if (waiting.length < waitingMax) waiting.push({ level, line: text });
    else lost += 1;
  }

  function record(component: string | undefined, level: Level, message: string, fields?: Fields): void {
    if (ranks[level] < ranks[least]) return;
    const { admitted, heldBack } = rateLimit.admit(world.monotonicMs());
    if (!admitted) return;
    if (heldBack > 0) put("warn", line("warn", "log", "too many records: some were not written", { heldBack }));
    put(level, line(level, component, message, fields));
  }

  async function load(): Promise<void> {
    const loaded = await loadWriter(destination.stream).catch(() => plainWriter(destination.stream));
    writer = loaded;
    for (const { level, line } of waiting.splice(0)) loaded.write(level, line);
    if (lost > 0) loaded.write("warn", line("warn", "log", "records from the start were lost", { lost }));
  }

  const open = () => (opening ??= load());
  return {
    ...loggerFor(record, undefined),
    open,
    recentRecords: () => tail.records(),
    fatal(message, fields) {
      const last = waiting.splice(0).map((item) => item.line);
      destination.writeNow([...last, line("error", undefined, message, fields)].join(""));
    },
    async close() {
      await open();
      if (writer) await withDeadline(world, closeMsMax, writer.end(), () => undefined);
    },
  };
}

type Record = (component: string | undefined, level: Level, message: string, fields?: Fields) => void;

function loggerFor(record: Record, component: string | undefined): Logger {
  return {
    debug: (message, fields) => record(component, "debug", message, fields),
    info: (message, fields) => record(component, "info", message, fields),
    warn: (message, fields) => record(component, "warn", message, fields),
    error: (message, fields) => record(component, "error", message, fields),
    child: (name) => loggerFor(record, component === undefined ? name : `${component}.${name}`),
  };
}

/** winston carries the lines; the stream decides what a full disk or a closed pipe means. */
async function loadWriter(stream: Writable): Promise<Writer> {
  const { default: winston } = await import("winston");
  const logger = winston.createLogger({
    level: "debug",
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.printf(({ message }) => String(message)),
    transports: [new winston.transports.Stream({ stream, eol: "" })],
  });
  logger.on("error", () => undefined);
  return {
    write: (level, line) => void logger.log(level, line),
    async end() {
      await once(logger.end(), "finish").catch(() => undefined);
      await drained(stream);
    },
  };
}

/** When winston cannot be loaded: a till without it sells, and a till without a log is hard to help. */
function plainWriter(stream: Writable): Writer {
  return {
    write: (_level, line) => void stream.write(line),
    end: () => drained(stream),
  };
}

/** Resolves when what the stream was given so far has been written. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write("", () => resolve());
  });
}
