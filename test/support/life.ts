import { countingSleep, type World } from "../../daemon/world.ts";

/** A moment at which a process may die. `types` are those of the events that are being written. */
export type Moment =
  | { readonly at: "write"; readonly phase: "before" | "written" | "synced"; readonly types: readonly string[] }
  | { readonly at: "call"; readonly phase: "leaving" | "landed" | "answered"; readonly operation: string };

/** A process that can be killed: after that nothing it waits for ever comes. */
export class Life {
  alive = true;
  /** Decides whether the process dies at this moment. */
  dies: (moment: Moment) => boolean = () => false;
  /** What its computer has slept so far, milliseconds: its exact clock lags behind by it. */
  sleptMs = 0;
  /** While the computer sleeps: until it wakes. */
  asleep: Promise<void> | undefined;
  /** How far MobilePay's clock was ahead of this life's own when MobilePay last answered. */
  aheadMs: number | undefined;
  readonly #died = Promise.withResolvers<void>();
  /** Resolves when the process is killed. */
  readonly death = this.#died.promise;

  kill(): void {
    this.alive = false;
    this.#died.resolve();
  }

  /** Whether the process is still there after this moment. */
  survives(moment: Moment): boolean {
    if (this.alive && this.dies(moment)) this.kill();
    return this.alive;
  }

  async wait<Value>(promise: Promise<Value>): Promise<Value> {
    try {
      const value = await promise;
      if (this.asleep) await this.asleep;
      return this.alive ? value : never();
    } catch (error) {
      if (this.alive) throw error;
      return never();
    }
  }

  world(world: World): World {
    const running = () => world.monotonicMs() - this.sleptMs;
    const sinceBoot = () => world.monotonicMs();
    return {
      now: () => world.now(),
      monotonicMs: countingSleep({ running, sinceBoot, wall: () => world.now() }),
      uuid: () => world.uuid(),
      chance: () => world.chance(),
      sleep: (ms, signal) => this.wait(this.#nap(world, ms, signal)),
    };
  }

  /** The computer sleeps: nothing in it goes on, and its timers stand still. */
  async suspend(world: World, ms: number): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.asleep = woken.promise;
    await world.sleep(ms);
    this.sleptMs += ms;
    this.asleep = undefined;
    woken.resolve();
  }

  async #nap(world: World, ms: number, signal: AbortSignal | undefined): Promise<void> {
    let sleptMs = this.sleptMs;
    let leftMs = ms;
    for (;;) {
      await world.sleep(leftMs, signal);
      if (this.asleep) await this.asleep;
      leftMs = this.sleptMs - sleptMs;
      sleptMs = this.sleptMs;
      if (leftMs <= 0 || signal?.aborted) return;
    }
  }
}

export function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}
