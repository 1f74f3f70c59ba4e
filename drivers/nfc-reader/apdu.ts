/**
 * Sends one command to the tag and resolves to its whole answer: data, then the status word (ISO 7816-4). Rejects when the tag
 * is gone. `answerBytesMax` counts the status word.
 */
export type Transmit = (command: Uint8Array, answerBytesMax: number) => Promise<Uint8Array>;

/** The tag cannot be read, in words for the person who holds it. */
export class TagUnreadable extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = "TagUnreadable";
  }
}

/** ISO/IEC 7816-4: SW1 and SW2. */
const statusBytes = 2;
const statusOk = 0x9000;

/** The answer's data, or undefined when the tag or the reader says no. Throws `TagUnreadable` when the tag is gone. */
export async function ask(
  transmit: Transmit,
  command: readonly number[],
  dataBytesMax: number,
): Promise<Uint8Array | undefined> {
  const answer = await transmit(Uint8Array.from(command), dataBytesMax + statusBytes).catch(() => new Uint8Array());
  // A tag that is taken away in the middle of an answer leaves less than a status word.
  if (answer.length < statusBytes)
    throw new TagUnreadable("the tag was taken away too soon: hold it there a little longer");
  const [high = 0, low = 0] = answer.subarray(-statusBytes);
  return high * 256 + low === statusOk ? answer.subarray(0, -statusBytes) : undefined;
}
