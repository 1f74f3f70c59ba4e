import { type Sample, sampleOf } from "../bench/figures.ts";

/** What one device was given to read, what of it the page was told, and which of its losses. */
export interface DeliveryLedger {
  /** It reads this now; returns the text, which no other read has. */
  sent(): string;
  /** The last one has left the device only then, by `performance.now()`. */
  left(atMs: number): void;
  /** The page was told of this text. */
  delivered(text: string): void;
  /** It was pulled, or its service was ended, now: what it read in the last moment may be lost. */
  pulled(): void;
  /** The page was told of the device's state. */
  state(state: string): void;
  /** Whether it was told that the device is there, since it was last pulled. */
  readonly ready: boolean;
  /** Something that must not be. */
  complain(what: string): void;
  account(): Account;
}

export interface Account {
  readonly device: string;
  readonly given: number;
  readonly told: number;
  /** Lost in the moment before a cable was pulled. */
  readonly lostAtLosses: number;
  readonly losses: number;
  /** Milliseconds: from the device to the page; from a pull until the page knows. */
  readonly added: Sample;
  readonly noticed: Sample;
  /** Everything that must not be: lost without a loss, told twice, told in the wrong order, never given, a loss not told. */
  readonly wrong: readonly string[];
}

/** How long before a loss what was read may still have been on its way. */
const onItsWayMs = 1000;

export function openDeliveryLedger(device: string): DeliveryLedger {
  const givenAtMs: number[] = [];
  const toldAtMs = new Map<number, number>();
  const pulledAtMs: number[] = [];
  const noticedMs: number[] = [];
  const wrong: string[] = [];
  let last = -1;
  let ready = false;
  /** Pulled, and the page does not know yet. */
  let unnoticed = false;

  function account(): Account {
    const missing = givenAtMs.flatMap((atMs, number) => (toldAtMs.has(number) ? [] : [{ atMs, number }]));
    const lost = missing.filter(({ atMs }) =>
      pulledAtMs.some((pulled) => pulled >= atMs && pulled - atMs < onItsWayMs),
    );
    const vanished = missing.filter((it) => !lost.includes(it)).map(({ number }) => `${device} ${number} was lost`);
    return {
      device,
      given: givenAtMs.length,
      told: toldAtMs.size,
      lostAtLosses: lost.length,
      losses: pulledAtMs.length,
      added: sampleOf([...toldAtMs].map(([number, atMs]) => atMs - (givenAtMs[number] ?? atMs))),
      noticed: sampleOf(noticedMs),
      wrong: [...wrong, ...vanished],
    };
  }

  return {
    sent() {
      givenAtMs.push(performance.now());
      return `a:${device}/${givenAtMs.length - 1}`;
    },
    left(atMs) {
      givenAtMs[givenAtMs.length - 1] = atMs;
    },
    delivered(text) {
      const number = Number(text.slice(text.lastIndexOf("/") + 1));
      if (toldAtMs.has(number)) wrong.push(`${device} ${number} was told twice`);
      if (number < last) wrong.push(`${device} ${number} was told after ${last}`);
      if (!(number < givenAtMs.length)) wrong.push(`${device}: ${text} was never given`);
      last = number;
      toldAtMs.set(number, performance.now());
    },
    pulled() {
      pulledAtMs.push(performance.now());
      ready = false;
      unnoticed = true;
    },
    state(state) {
      const now = performance.now();
      if (state === "ready" && unnoticed) wrong.push(`${device} came back, and nobody was told that it had gone`);
      if (state !== "ready" && unnoticed) noticedMs.push(now - (pulledAtMs.at(-1) ?? now));
      unnoticed = false;
      ready = state === "ready";
    },
    get ready() {
      return ready;
    },
    complain: (what) => void wrong.push(`${device} ${what}`),
    account,
  };
}
