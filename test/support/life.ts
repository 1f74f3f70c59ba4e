import type { World } from "../../daemon/world.ts";

/** A moment at which a process may die. `types` are those of the events that are being written. */
export type Moment =
  | { readonly at: "write"; readonly phase: "before" | "written" | "synced"; readonly types: readonly string[] }
  | { readonly at: "call"; readonly phase: "leaving" | "landed" | "answered"; readonly operation: string };

/** A process that can be killed: after that nothing it waits for ever comes. */
export class Life {
  alive = true;
  /** Decides whether the process dies at this moment. */
  dies: (moment: Moment) => boolean = () => false;
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
      return this.alive ? value : never();
    } catch (error) {
      if (this.alive) throw error;
      return never();
    }
  }

  world(world: World): World {
    return {
      now: () => world.now(),
      monotonicMs: () => world.monotonicMs(),
      uuid: () => world.uuid(),
      chance: () => world.chance(),
      sleep: (ms, signal) => this.wait(world.sleep(ms, signal)),
    };
  }
}

export function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}
