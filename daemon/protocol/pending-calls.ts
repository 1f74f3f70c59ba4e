import { type BridgeCallError, callError, clientError } from "./call-error.ts";
import type { CallFrame, ErrorFrame, ResultFrame } from "./json-rpc.ts";
import type { MethodName } from "./methods.ts";
import { repeatableMethods } from "./repeatable-methods.ts";

const repeatable: ReadonlySet<string> = new Set(repeatableMethods);
/** A page that has so many open does not wait for answers. */
const callsMax = 200;

export interface WaitOptions {
  /** How long a call may wait for a connection, milliseconds. */
  readonly connectMs: number;
  /** How long a call may take in all. */
  readonly answerMs: number;
  readonly signal?: AbortSignal | undefined;
}

interface PendingCall {
  readonly frame: CallFrame;
  /** Has been handed to a connection once: the daemon may have carried it out. */
  wasSent: boolean;
  settle(outcome: { result: unknown } | { error: BridgeCallError }): void;
}

/** Calls between the page and the connection: kept over a drop where that is safe, failed where it is not. */
export class PendingCalls {
  readonly #calls = new Map<number, PendingCall>();
  #lastId = 0;
  /** Undefined while there is no connection that has said hello. */
  #send: ((frame: CallFrame) => void) | undefined;

  /** Resolves with the result, rejects with a `BridgeCallError`. */
  add(method: MethodName, params: unknown, wait: WaitOptions): Promise<unknown> {
    if (this.#calls.size >= callsMax) return Promise.reject(clientError("TOO_MANY_CALLS"));
    if (wait.signal?.aborted) return Promise.reject(clientError("GIVEN_UP"));
    this.#lastId += 1;
    const frame: CallFrame = { jsonrpc: "2.0", id: this.#lastId, method, params };
    return new Promise((resolve, reject) => {
      const end = this.#limit(this.#lastId, wait);
      const call: PendingCall = {
        frame,
        wasSent: false,
        settle: (outcome) => {
          end();
          if ("error" in outcome) reject(outcome.error);
          else resolve(outcome.result);
        },
      };
      this.#calls.set(this.#lastId, call);
      if (this.#send) transmit(call, this.#send);
    });
  }

  /** Sends what waits, in the order of the calls. */
  connected(send: (frame: CallFrame) => void): void {
    this.#send = send;
    for (const call of this.#calls.values()) transmit(call, send);
  }

  /** What may be repeated stays for the next connection. */
  disconnected(): void {
    this.#send = undefined;
    for (const [id, call] of this.#calls) {
      if (call.wasSent && !repeatable.has(call.frame.method)) this.#fail(id, clientError("CONNECTION_LOST"));
    }
  }

  answered(frame: ResultFrame | ErrorFrame): void {
    const id = frame.id as number;
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.settle("error" in frame ? { error: callError(frame) } : { result: frame.result });
  }

  giveUpAll(): void {
    for (const id of this.#calls.keys()) this.#fail(id, clientError("GIVEN_UP"));
  }

  #fail(id: number, error: BridgeCallError): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.settle({ error });
  }

  /** Returns what ends the limits. */
  #limit(id: number, { connectMs, answerMs, signal }: WaitOptions): () => void {
    const notSent = () => {
      if (!this.#calls.get(id)?.wasSent) this.#fail(id, clientError("NOT_CONNECTED"));
    };
    const givenUp = () => this.#fail(id, clientError("GIVEN_UP"));
    const connecting = setTimeout(notSent, connectMs);
    const answering = setTimeout(() => this.#fail(id, clientError("CONNECTION_LOST")), answerMs);
    signal?.addEventListener("abort", givenUp);
    return () => {
      clearTimeout(connecting);
      clearTimeout(answering);
      signal?.removeEventListener("abort", givenUp);
    };
  }
}

function transmit(call: PendingCall, send: (frame: CallFrame) => void): void {
  call.wasSent = true;
  send(call.frame);
}
