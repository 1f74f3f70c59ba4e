import type { SimulatorClock } from "../clock.ts";
import type { Fault } from "../faults.ts";
import { signatureHeaders } from "./signature.ts";
import type { SimulatedWebhook } from "./webhooks.ts";

/** Sends one signed webhook; answers the HTTP status. Rejects when there is no answer. */
export type SendWebhook = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<number>;

export const answerMsMax = 10_000;
const giveUpAfterMs = 7 * 86_400_000;
const deadAfterMs = 14 * 86_400_000;
/** Deliveries waiting at once; more are dropped, as no receiver comes back from that. */
const waitingMax = 10_000;

/** Milliseconds until the next attempt, after `attempt` failed ones. */
export function retryDelayMs(attempt: number): number {
  if (attempt < 4) return 2_000;
  if (attempt === 4) return 60_000;
  if (attempt === 5) return 120_000;
  return attempt < 29 ? 3_600_000 : 86_400_000;
}

interface Ports {
  readonly clock: SimulatorClock;
  readonly send: SendWebhook;
  /** Ends all waiting when the simulator closes. */
  readonly closed: AbortSignal;
  /** The scripted fault for the next delivery, if any. */
  nextFault(): Fault | undefined;
  /** Nothing has got through to this registration for two weeks: the platform deletes it. */
  dead(registration: SimulatedWebhook): void;
}

/** Delivers events in order: what fails holds up later events of the same lane (registration and payment) until it got through. */
export class Delivery {
  readonly #ports: Ports;
  readonly #lanes = new Map<string, Promise<void>>();
  readonly #failingSinceMs = new Map<string, number>();
  #waiting = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Queues an event. Answers whether the first attempt was accepted, which is what the customer's app shows after a scan. */
  deliver(registration: SimulatedWebhook, lane: string, payload: unknown): Promise<boolean> {
    if (this.#waiting >= waitingMax) return Promise.resolve(false);
    this.#waiting += 1;
    const key = `${registration.id} ${lane}`;
    const before = this.#lanes.get(key) ?? Promise.resolve();
    const first = Promise.withResolvers<boolean>();
    const body = JSON.stringify(payload);
    const done = before.then(() => this.#run(registration, body, first.resolve)).finally(() => this.#leave(key, done));
    this.#lanes.set(key, done);
    return first.promise;
  }

  #leave(key: string, done: Promise<void>): void {
    this.#waiting -= 1;
    if (this.#lanes.get(key) === done) this.#lanes.delete(key);
  }

  async #run(registration: SimulatedWebhook, body: string, firstAttempt: (accepted: boolean) => void): Promise<void> {
    const over = AbortSignal.any([this.#ports.closed, registration.removed.signal]);
    const giveUpAtMs = this.#ports.clock.now() + giveUpAfterMs;
    for (let attempt = 1; !over.aborted && this.#ports.clock.now() < giveUpAtMs; attempt += 1) {
      const accepted = await this.#attempt(registration, body, over);
      firstAttempt(accepted);
      this.#judge(registration, accepted);
      if (accepted) return;
      await this.#ports.clock.sleep(retryDelayMs(attempt), over);
    }
    firstAttempt(false);
  }

  #judge(registration: SimulatedWebhook, accepted: boolean): void {
    if (registration.removed.signal.aborted) return;
    const nowMs = this.#ports.clock.now();
    const sinceMs = this.#failingSinceMs.get(registration.id) ?? nowMs;
    if (accepted) this.#failingSinceMs.delete(registration.id);
    else if (nowMs - sinceMs < deadAfterMs) this.#failingSinceMs.set(registration.id, sinceMs);
    else {
      this.#failingSinceMs.delete(registration.id);
      this.#ports.dead(registration);
    }
  }

  async #attempt(registration: SimulatedWebhook, body: string, over: AbortSignal): Promise<boolean> {
    const fault = this.#ports.nextFault();
    if (fault?.kind === "lostBefore") return false;
    if (fault?.kind === "slow") await this.#ports.clock.sleep(fault.ms, over);
    const accepted = await this.#post(registration, body, over);
    if (fault?.kind === "duplicatedWebhook") await this.#post(registration, body, over);
    return fault?.kind === "lostAfter" ? false : accepted;
  }

  async #post(registration: SimulatedWebhook, body: string, over: AbortSignal): Promise<boolean> {
    const answered = new AbortController();
    const deadline = new AbortController();
    const waiting = this.#ports.clock
      .sleep(answerMsMax, AbortSignal.any([over, answered.signal]))
      .then(() => deadline.abort());
    const url = new URL(registration.url);
    const date = new Date(this.#ports.clock.now()).toUTCString();
    const headers = signatureHeaders(registration.secret, { url, date, body });
    try {
      const status = await this.#ports.send(url, headers, body, AbortSignal.any([over, deadline.signal]));
      return status >= 200 && status < 300;
    } catch {
      return false;
    } finally {
      answered.abort();
      await waiting;
    }
  }
}
