import { setTimeout as sleep } from "node:timers/promises";
import { NFC, type Reader } from "nfc-pcsc";
import type { NfcRead, FailedRead } from "../driver.ts";
import { TagUnreadable } from "./apdu.ts";
import { beatMs, type FromReaders, type ToReaders } from "./messages.ts";
import { readTag } from "./read-tag.ts";
import { serviceGone } from "./smart-card-service.ts";

// A program of its own: nfc-pcsc can block its process for ever, and does not recover when the smart-card service has been away.
// So it lives here, once; the till ends us when we no longer beat, and starts another.

/** A large tag takes a second; one at the edge of the field never ends. */
const readMsMax = 5000;
const tooSoon = "the tag was taken away too soon: hold it there a little longer";

/** The readers that are plugged in, each with how to read the card that lies on it. */
const present = new Map<string, { readLying: () => void }>();
/** Names of those that are ours. */
let ours: readonly string[] = [];

function main(): void {
  // The till is gone: there is nothing to read for.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  tell({ say: "beat" });
  setInterval(() => tell({ say: "beat" }), beatMs);
  process.on("message", (message: ToReaders) => {
    if (message.do === "take") take(message.readers);
    else start(message.socket);
  });
}

function start(socket: string | undefined): void {
  // The C library reads it when it connects.
  if (socket !== undefined) process.env["PCSCLITE_CSOCK_NAME"] = socket;
  try {
    // Blocks for ever when the service is away.
    const nfc = new NFC();
    nfc.on("reader", (reader: Reader) => watchReader(reader));
    nfc.on("error", () => end("service"));
    void serviceGone({ sleep: (ms) => sleep(ms) }, socket).then(() => end("service"));
    tellReaders();
  } catch (error) {
    end(/denied|0x8010006a/i.test(String(error)) ? "denied" : "service");
  }
}

/** A card that lies on a reader before it is ours is read once it is. */
function take(readers: readonly string[]): void {
  const before = ours;
  ours = readers;
  for (const name of readers) if (!before.includes(name)) present.get(name)?.readLying();
}

function watchReader(reader: Reader): void {
  const { name } = reader;
  let lying: Buffer | undefined;
  const readLying = () => {
    if (lying !== undefined && ours.includes(name)) void readCard(reader, lying);
  };
  reader.autoProcessing = false;
  reader.logger = { ...silent, error: (what) => tellNotConnected(reader, what) };
  reader.on("card", ({ atr }: { readonly atr?: Buffer }) => {
    lying = atr ?? Buffer.alloc(0);
    readLying();
  });
  reader.on("card.off", () => (lying = undefined));
  // The library does not watch it any more, and would not report it again unless it were pulled.
  reader.on("error", () => end("service"));
  reader.on("end", () => {
    present.delete(name);
    tellReaders();
  });
  present.set(name, { readLying });
  tellReaders();
}

const nothing = () => undefined;
const silent = { log: nothing, debug: nothing, info: nothing, warn: nothing };

/** nfc-pcsc reports to its log alone that a card could not be connected. */
function tellNotConnected(reader: Reader, what: unknown): void {
  if (!(what instanceof Error) || what.name !== "ConnectError" || !ours.includes(reader.name)) return;
  const cause = "previous" in what ? String(what.previous) : "";
  const detail = /8010000b/i.test(cause) ? "another program holds the card" : tooSoon;
  tell({ say: "read", reader: reader.name, read: { kind: "failed", detail } });
}

async function readCard(reader: Reader, atr: Buffer): Promise<void> {
  const read = await Promise.race([readOrRefuse(reader, atr), afterReadMsMax()]);
  tell({ say: "read", reader: reader.name, read });
}

async function readOrRefuse(reader: Reader, atr: Buffer): Promise<NfcRead | FailedRead> {
  if (atr.length === 0) return { kind: "failed", detail: tooSoon };
  try {
    return await readTag((command, max) => reader.transmit(Buffer.from(command), max), atr);
  } catch (error) {
    return { kind: "failed", detail: error instanceof TagUnreadable ? error.message : "the tag could not be read" };
  }
}

function afterReadMsMax(): Promise<FailedRead> {
  const refusal: FailedRead = { kind: "failed", detail: "the tag does not answer" };
  return new Promise((resolve) => setTimeout(resolve, readMsMax, refusal).unref());
}

function tellReaders(): void {
  tell({ say: "readers", names: [...present.keys()] });
}

function end(because: "denied" | "service"): void {
  // Not by exit: the library's threads can hold that up.
  process.send?.({ say: "ended", because } satisfies FromReaders, () => process.kill(process.pid, "SIGKILL"));
}

function tell(message: FromReaders): void {
  process.send?.(message);
}

main();
