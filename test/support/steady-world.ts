import { VirtualWorld } from "./virtual-world.ts";

/** A virtual world without surprises: ids count up, chance is what the test sets, and it is known who is still asleep. */
export class SteadyWorld extends VirtualWorld {
  nextChance = 0.5;
  /** How many are asleep: what nobody wakes is a leak. */
  sleeping = 0;
  #ids = 0;

  constructor() {
    super();
    this.wallOffMs = Date.UTC(2026, 10, 23, 10, 0, 0);
  }

  override uuid(): string {
    this.#ids += 1;
    return `${this.#ids.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  }

  override chance(): number {
    return this.nextChance;
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeping += 1;
    await super.sleep(ms, signal);
    this.sleeping -= 1;
  }
}
