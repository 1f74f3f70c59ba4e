import { createInterface } from "node:readline/promises";
import { type Readable, Writable } from "node:stream";

/** Whom to ask. */
export interface Prompt {
  /** The answer, without spaces around it; `fallback` when nothing was typed. Rejects with `PromptClosed` when there is no more input. */
  ask(question: string, fallback?: string): Promise<string>;
  /** The same, without showing what is typed. */
  askHidden(question: string): Promise<string>;
  close(): void;
}

export class PromptClosed extends Error {}

/** The person at a terminal. What is asked goes to `output`; the answers to hidden questions do not. */
export function promptAt(input: Readable, output: Writable, stop: AbortSignal): Prompt {
  let hidden = false;
  const shown = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!hidden) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: shown, terminal: true, historySize: 0 });
  const left = new AbortController();
  lines.once("close", () => left.abort());
  lines.once("SIGINT", () => lines.close());

  async function answer(question: string): Promise<string> {
    if (left.signal.aborted) throw new PromptClosed();
    const signal = AbortSignal.any([left.signal, stop]);
    return lines.question(question, { signal }).catch(() => {
      throw new PromptClosed();
    });
  }

  return {
    async ask(question, fallback) {
      const typed = (await answer(`${question}${fallback === undefined ? "" : ` [${fallback}]`}: `)).trim();
      return typed === "" ? (fallback ?? "") : typed;
    },
    async askHidden(question) {
      output.write(`${question}: `);
      hidden = true;
      try {
        return (await answer("")).trim();
      } finally {
        hidden = false;
        output.write("\n");
      }
    },
    close: () => lines.close(),
  };
}
