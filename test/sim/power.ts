import type { Moment } from "../support/life.ts";
import { crashPoints } from "./crash-points.ts";
import type { Kill, KillAt } from "./plan.ts";
import type { Stage } from "./stage.ts";

const bootAgainMs = 5000;
/** A till that fails so often, one start after the other on a disk that is well, never starts. */
const startsMax = 20;

/** Turns the power off as planned, and on again after a while. A kill that is planned for the boot hits recovery itself. */
export class Power {
  kills = 0;
  /** How long it is off when nobody planned that. */
  offMs = bootAgainMs;
  /** Why the till does not start, however often it is tried. */
  stuck: string | undefined;
  #failedStarts = 0;
  readonly #stage: Stage;
  readonly #planned: Kill[];
  #armed: Kill | undefined;
  #moment: Moment | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#planned = [...stage.plan.kills];
    const { shop } = stage;
    shop.onBoot = (life) => {
      stage.promises.begin();
      life.dies = this.#trigger();
    };
    this.#armed = this.#planned.shift();
    shop.life.dies = this.#trigger();
    void this.#watch();
  }

  /** From now on the power stays. */
  disarm(): void {
    this.#planned.length = 0;
    this.#armed = undefined;
    this.#stage.shop.life.dies = () => false;
  }

  /** Whether the process dies at a moment: the armed kill, at its turn. */
  #trigger(): (moment: Moment) => boolean {
    const kill = this.#armed;
    if (!kill) return () => false;
    const { at } = kill;
    if ("ms" in at) {
      const { life, world } = this.#stage.shop;
      void world.sleep(at.ms).then(() => this.#armed === kill && life.kill());
      return () => false;
    }
    let left = "write" in at ? at.write : at.nth;
    return (moment) => {
      if (this.#armed !== kill || !isAt(moment, at) || --left >= 0) return false;
      this.#moment = moment;
      return true;
    };
  }

  async #watch(): Promise<void> {
    const { shop } = this.#stage;
    for (;;) {
      await shop.life.death;
      await this.#off();
      void shop.boot({ powerCut: this.#cut }).then(
        () => this.#starts(),
        (error: unknown) => this.#fails(error),
      );
      this.#cut = false;
    }
  }

  #starts(): void {
    this.#failedStarts = 0;
  }

  #fails(error: unknown): void {
    const { shop } = this.#stage;
    this.#failedStarts = shop.disk.trouble ? 0 : this.#failedStarts + 1;
    if (this.#failedStarts >= startsMax) this.stuck ??= error instanceof Error ? error.message : String(error);
    shop.kill();
  }

  #cut = false;

  async #off(): Promise<void> {
    const { shop, tell } = this.#stage;
    const kill = this.#armed;
    this.#note(kill);
    shop.ready = false;
    for (const page of ["page", "second", "rival"]) shop.leave(page);
    this.#armed = kill && this.#planned.shift();
    this.#moment = undefined;
    await shop.world.sleep(kill?.offMs ?? this.offMs);
    this.#cut = kill?.powerCut ?? false;
    if (kill?.imageTenths !== undefined) this.#restore(kill.imageTenths);
    tell?.("power", "on again");
  }

  #note(kill: Kill | undefined): void {
    const { tally, tell } = this.#stage;
    const what = kill?.powerCut ? "power cut" : "killed";
    tell?.("power", kill ? `${what}${this.#moment ? ` at ${words(this.#moment)}` : ""}` : "the daemon did not start");
    if (!kill) return;
    this.kills += 1;
    tally.add(`kill ${kill.powerCut ? "power cut" : "process"}`);
    for (const point of crashPoints(this.#stage, this.#moment)) tally.add(`crash ${point}`);
  }

  #restore(tenths: number): void {
    const { disk } = this.#stage.shop;
    const left = Math.floor((disk.length * tenths) / 10);
    this.#stage.tell?.("disk", `an old image is restored: ${left} of ${disk.length} commits`);
    this.#stage.tally.add("crash 23");
    disk.keep(left);
    this.#stage.promises.forgetful = true;
  }
}

function isAt(moment: Moment, at: Exclude<KillAt, { ms: number }>): boolean {
  if (moment.phase !== at.phase) return false;
  if ("call" in at) return moment.at === "call" && moment.operation === at.call;
  return moment.at === "write" && ("write" in at || moment.types.includes(at.event));
}

function words(moment: Moment): string {
  const { phase } = moment;
  return moment.at === "call" ? `the call ${moment.operation}, ${phase}` : `${moment.types.join(", ")}, ${phase}`;
}
