import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A tag as the reader sees it. `answer`: what it says to one command; undefined: nothing comes. */
export interface Tag {
  readonly atr: Buffer;
  readonly answer: (command: Buffer) => Buffer | undefined;
  /** It is pulled away instead of answering after so many commands. */
  readonly pulledAfter?: number;
}

/** A tag that lies on a virtual reader. */
export interface LyingTag {
  /** How many commands it was asked. */
  readonly asked: number;
  /** When it last answered, by `performance.now()`. */
  readonly answeredMs: number;
  /** Resolves when the reader has seen that it lies there: it asks for the ATR again and again, to see whether it still does. */
  wasSeen(): Promise<void>;
  /** Resolves when it has been asked so often. */
  wasAsked(times: number): Promise<void>;
  lift(): Promise<void>;
}

/**
 * Lays a tag on the virtual reader that listens on `port` (vsmartcard's vpcd): being connected is lying there. Each message, either
 * way, has two bytes of length before it.
 */
export async function layTag(port: number, tag: Tag): Promise<LyingTag> {
  const waiters = new Set<{ readonly times: number; readonly resolve: () => void }>();
  const reader = connect({ host: "127.0.0.1", port, noDelay: true });
  let waiting: Buffer = Buffer.alloc(0);
  const seen = Promise.withResolvers<void>();
  let atrsAsked = 0;
  let asked = 0;
  let answeredMs = 0;

  function hear(message: Buffer): void {
    if (message.length === 1) {
      if (message[0] !== askedForAtr) return;
      say(tag.atr);
      atrsAsked += 1;
      if (atrsAsked === 2) seen.resolve();
      return;
    }
    asked += 1;
    if (asked > (tag.pulledAfter ?? Infinity)) reader.destroy();
    const reply = tag.answer(message);
    if (reply !== undefined) say(reply);
    for (const { times, resolve } of waiters) if (asked >= times) resolve();
  }

  function say(payload: Buffer): void {
    if (reader.destroyed) return;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(payload.length);
    reader.write(Buffer.concat([length, payload]));
    answeredMs = performance.now();
  }

  reader.on("data", (bytes: Buffer) => {
    waiting = Buffer.concat([waiting, bytes]);
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE()) {
      const end = 2 + waiting.readUInt16BE();
      hear(waiting.subarray(2, end));
      waiting = waiting.subarray(end);
    }
  });
  await once(reader, "connect");
  // From here on the reader may let go of it in any way that it likes.
  reader.on("error", () => undefined);
  return {
    get asked() {
      return asked;
    },
    get answeredMs() {
      return answeredMs;
    },
    wasSeen: () => seen.promise,
    wasAsked: (times) => new Promise((resolve) => void (asked >= times ? resolve() : waiters.add({ times, resolve }))),
    lift: () => lift(reader),
  };
}

async function lift(reader: Socket): Promise<void> {
  if (reader.destroyed) return;
  reader.destroy();
  await once(reader, "close");
}

/** Of the one-byte messages, this one wants an answer; the others switch power off and on, and reset. */
const askedForAtr = 0x04;
