import type { Clock } from "./clock.ts";

/** A label that was begun, and how long its scanner may be silent before that means something. */
export interface SilenceOptions {
  readonly clock: Clock;
  readonly silenceMs: number;
  /** Nothing is heard any more. */
  readonly over: AbortSignal;
  /** Whether a label is begun and could go on. */
  readonly waiting: () => boolean;
  /** It has been silent for so long. */
  readonly fellSilent: () => void;
}

/** What has already come may not have been read yet when a process was held up: it has its turn before that counts as silence. */
const lateMs = 10;

/** Returns what is to be called whenever something was heard. */
export function listenForSilence({ clock, silenceMs, over, waiting, fellSilent }: SilenceOptions): () => void {
  let heardMs = 0;
  let heardCount = 0;
  let awaited = false;

  async function awaitSilence(): Promise<void> {
    awaited = true;
    while (waiting() && !over.aborted) {
      const restMs = heardMs + silenceMs - clock.monotonicMs();
      if (restMs > 0) await clock.sleep(restMs, over);
      else if (await staysSilent()) fellSilent();
    }
    awaited = false;
  }

  async function staysSilent(): Promise<boolean> {
    const before = heardCount;
    await clock.sleep(lateMs, over);
    return heardCount === before && waiting() && !over.aborted;
  }

  return () => {
    heardMs = clock.monotonicMs();
    heardCount += 1;
    if (waiting() && !awaited) void awaitSilence();
  };
}
