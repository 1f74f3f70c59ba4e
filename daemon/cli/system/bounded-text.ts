import type { IncomingMessage } from "node:http";

/** The start of an answer: any program may be answering. */
export async function boundedText(answer: IncomingMessage, bytesMax: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > bytesMax) break;
  }
  return Buffer.concat(parts).toString("utf8").slice(0, bytesMax);
}
