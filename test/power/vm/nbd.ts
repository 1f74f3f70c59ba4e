// The part of the Network Block Device protocol that QEMU speaks to a disk: fixed newstyle negotiation, simple replies.
// Source: NetworkBlockDevice/nbd, doc/proto.md.

const flags = { fixedNewstyle: 1, noZeroes: 2, hasFlags: 1, sendFlush: 4, sendForced: 8 } as const;
const options = { abort: 2, info: 6, go: 7 } as const;
const replies = { acknowledge: 1, info: 3, unsupported: 0x8000_0001 } as const;
const optionReplyMagic = 0x3_e889_0455_65a9n;
const replyMagic = 0x6744_6698;
const invalid = 22;
const forcedFlag = 1;
const requestBytes = 28;

/** A client's first words: what disk there is, how large, and that it can be flushed. */
export class Negotiation {
  readonly greeting: Buffer;
  isOver = false;
  #hasClientFlags = false;
  readonly #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
    this.greeting = Buffer.alloc(18);
    this.greeting.write("NBDMAGICIHAVEOPT", "latin1");
    this.greeting.writeUInt16BE(flags.fixedNewstyle | flags.noZeroes, 16);
  }

  /** How much of the line it took, and what to answer. Undefined: not all of it has come. */
  next(line: Buffer): { bytes: number; answer: Buffer } | undefined {
    if (!this.#hasClientFlags) {
      if (line.length < 4) return undefined;
      this.#hasClientFlags = true;
      return { bytes: 4, answer: Buffer.alloc(0) };
    }
    if (line.length < 16) return undefined;
    const option = line.readUInt32BE(8);
    const bytes = 16 + line.readUInt32BE(12);
    return line.length < bytes ? undefined : { bytes, answer: this.#answer(option) };
  }

  #answer(option: number): Buffer {
    if (option === options.abort) return optionReply(option, replies.acknowledge);
    if (option !== options.go && option !== options.info) return optionReply(option, replies.unsupported);
    if (option === options.go) this.isOver = true;
    const info = Buffer.alloc(12);
    info.writeBigUInt64BE(BigInt(this.#bytes), 2);
    info.writeUInt16BE(flags.hasFlags | flags.sendFlush | flags.sendForced, 10);
    return Buffer.concat([optionReply(option, replies.info, info), optionReply(option, replies.acknowledge)]);
  }
}

function optionReply(option: number, type: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(optionReplyMagic, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
}

export type NbdRequest = { readonly handle: Buffer } & (
  | { readonly command: "read"; readonly at: number; readonly length: number }
  | { readonly command: "write"; readonly at: number; readonly data: Buffer; readonly forced: boolean }
  | { readonly command: "flush" | "disconnect" | "unknown" }
);

/** Undefined: not all of it has come. */
export function nextRequest(line: Buffer): { readonly request: NbdRequest; readonly bytes: number } | undefined {
  if (line.length < requestBytes) return undefined;
  const forced = (line.readUInt16BE(4) & forcedFlag) !== 0;
  const command = (["read", "write", "disconnect", "flush"] as const)[line.readUInt16BE(6)] ?? "unknown";
  const handle = Buffer.from(line.subarray(8, 16));
  const at = Number(line.readBigUInt64BE(16));
  const length = line.readUInt32BE(24);
  if (command === "read") return { request: { handle, command, at, length }, bytes: requestBytes };
  if (command !== "write") return { request: { handle, command }, bytes: requestBytes };
  const bytes = requestBytes + length;
  const data = line.subarray(requestBytes, bytes);
  return line.length < bytes ? undefined : { request: { handle, command, at, data, forced }, bytes };
}

export function reply({ handle }: NbdRequest, data: Buffer = Buffer.alloc(0), isRefused = false): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(replyMagic, 0);
  head.writeUInt32BE(isRefused ? invalid : 0, 4);
  handle.copy(head, 8);
  return Buffer.concat([head, data]);
}
