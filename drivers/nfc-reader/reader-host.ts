import { type ChildProcess, fork } from "node:child_process";
import type { Clock } from "../clock.ts";
import { DeviceFailed, DeviceLost, type FailedRead, type NfcRead } from "../driver.ts";
import { programFile } from "../program-file.ts";
import { beatMs, type FromReaders, type ToReaders } from "./messages.ts";

/** So many beats in a row that did not come, and the process counts as stuck: five seconds, or fifteen for its start on a slow till. */
const missedBeatsMax = { running: 10, starting: 30 };
/** It holds one library and the tags that lie on its readers. */
const memoryOptions = ["--max-semi-space-size=1", "--max-old-space-size=32"];

type ReadListener = (read: NfcRead | FailedRead) => void;

/** One life of the process that talks to the smart-card service: from its start until it ends or is ended. */
export class ReaderHost {
  /** Whether the service has ever answered in this life. */
  wasHealthy = false;
  /** The readers that are plugged in; undefined until the service has answered. */
  readers: readonly string[] | undefined;
  /** Why it is over; undefined while it lives. */
  over: Error | undefined;
  readonly #child: ChildProcess;
  readonly #gone = Promise.withResolvers<void>();
  readonly #listeners = new Set<() => void>();
  readonly #readListeners = new Map<string, ReadListener>();
  #missedBeats = 0;
  #hasBeaten = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static start(clock: Clock, socket?: string): ReaderHost {
    const stdio: ("ignore" | "inherit" | "ipc")[] = ["ignore", "ignore", "inherit", "ipc"];
    const host = new ReaderHost(
      fork(programFile(import.meta.url, "reader-process.ts", "nfc-reader.mjs"), [], { execArgv: memoryOptions, stdio }),
    );
    host.#listen();
    host.#send({ do: "start", socket });
    void host.#expectBeats(clock);
    return host;
  }

  /** Called whenever `readers` or `over` may have changed. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The reads of one reader, from now on. Returns what ends it. */
  subscribe(reader: string, listener: ReadListener): () => void {
    this.#readListeners.set(reader, listener);
    this.#sendSubscriptions();
    return () => {
      this.#readListeners.delete(reader);
      this.#sendSubscriptions();
    };
  }

  /** Resolves when the process is gone. */
  end(): Promise<void> {
    if (this.#child.pid === undefined) this.#gone.resolve();
    this.#finish(new DeviceLost("given up"));
    return this.#gone.promise;
  }

  #listen(): void {
    this.#child.on("message", (message: FromReaders) => this.#onMessage(message));
    this.#child.on("error", () => this.#finish(stopped()));
    this.#child.on("exit", () => {
      this.#finish(stopped());
      this.#gone.resolve();
    });
  }

  #onMessage(message: FromReaders): void {
    this.#missedBeats = 0;
    this.#hasBeaten = true;
    if (message.say === "read") this.#readListeners.get(message.reader)?.(message.read);
    if (message.say === "ended") this.#finish(message.because === "denied" ? denied() : stopped());
    if (message.say !== "readers" || this.over !== undefined) return;
    this.wasHealthy = true;
    this.readers = message.names;
    this.#changed();
  }

  async #expectBeats(clock: Clock): Promise<void> {
    const ended = new AbortController();
    void this.#gone.promise.then(() => ended.abort());
    while (!ended.signal.aborted) {
      await clock.sleep(beatMs, ended.signal);
      this.#missedBeats += 1;
      const missedMax = this.#hasBeaten ? missedBeatsMax.running : missedBeatsMax.starting;
      if (this.#missedBeats > missedMax) this.#finish(new DeviceLost("the smart-card service does not answer"));
    }
  }

  /** A process that is stuck in the C library takes no request to end. */
  #finish(why: Error): void {
    this.over ??= why;
    this.readers = [];
    this.#child.kill("SIGKILL");
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #sendSubscriptions(): void {
    this.#send({ do: "take", readers: [...this.#readListeners.keys()] });
  }

  /** A process that is ending takes no messages; its exit reports its end. */
  #send(message: ToReaders): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

function stopped(): Error {
  return new DeviceLost("the smart-card service has stopped");
}

export function denied(): Error {
  return new DeviceFailed("the till's user may not use the smart-card service: run tillbridge doctor");
}
