import { BridgeCallError } from "../../../protocol/call-error.ts";
import type { Result } from "../../../protocol/client.ts";
import type { ConsoleStore } from "./state.ts";
import { codeInAddress, openWith, token } from "./token.ts";

const lookMs = 3_000;

/** While the console is locked: what everybody may see, and the way in. */
export class LockScreen {
  readonly #store: ConsoleStore;
  readonly #enter: (token: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: ConsoleStore, enter: (token: string) => void) {
    this.#store = store;
    this.#enter = enter;
  }

  /** With the code in the address, with the token of this tab, or by asking. */
  begin(): void {
    addEventListener("hashchange", () => void this.#tryAddress());
    if (this.#tryAddress()) return;
    const kept = token.get();
    if (kept === undefined) this.lock();
    else this.#enter(kept);
  }

  #tryAddress(): boolean {
    const code = codeInAddress();
    if (code === undefined || this.#store.state.door === "open") return false;
    void this.open(code);
    return true;
  }

  lock(key?: "doorClosed"): void {
    token.forget();
    this.#store.change({ door: "locked", ...(key && { doorTrouble: { key } }) });
    void this.#look();
  }

  async open(code: string): Promise<void> {
    this.#store.change({ door: "opening", doorTrouble: undefined });
    try {
      const opened = await openWith(code);
      token.keep(opened);
      this.stopLooking();
      this.#enter(opened);
    } catch (error) {
      this.#store.change({ door: "locked", doorTrouble: troubleOf(error) });
      void this.#look();
    }
  }

  stopLooking(): void {
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const answer = await fetch("/health", { signal: AbortSignal.timeout(lookMs) });
      // The daemon's own answer, by the table of its methods.
      const health = (await answer.json()) as Result<"health.get">;
      if (this.#store.state.door !== "open") this.#store.change({ answers: true, health });
    } catch {
      if (this.#store.state.door !== "open") this.#store.change({ answers: false });
    }
    if (this.#store.state.door === "locked") this.#timer = setTimeout(() => void this.#look(), lookMs);
  }
}

function troubleOf(error: unknown) {
  if (!(error instanceof BridgeCallError) || error.code === "NOT_CONNECTED") return { key: "notRunning" } as const;
  const { triesLeft } = error.data;
  return typeof triesLeft === "number" && triesLeft > 0
    ? ({ key: "doorWrong", count: triesLeft } as const)
    : ({ key: "doorVoid" } as const);
}
