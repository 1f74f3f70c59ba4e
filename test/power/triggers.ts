import type { Operation } from "../../daemon/devkit/simulator/faults.ts";

/** Calls to MobilePay by the names of the simulator. */
export type PlatformCall = Extract<
  Operation,
  "create" | "get" | "events" | "cancel" | "capture" | "refund" | "token" | "any"
>;

/** Where inside the daemon's process it kills itself. `nth` counts from 1. */
export type InnerTrigger =
  /** Around the commit that holds an event of this type. `after`: it is on disk, the daemon does not know yet. */
  | { readonly in: "commit"; readonly of: string; readonly when: "before" | "after"; readonly nth: number }
  /** `created`: nothing is sent; `partly`: half of the bytes are with the kernel; `answered`: the answer's first bytes are here. */
  | {
      readonly in: "request";
      readonly of: PlatformCall | "any";
      readonly when: "created" | "partly" | "answered";
      readonly nth: number;
    }
  /** Around the nth call to SQLite since the program started. */
  | { readonly in: "statement"; readonly when: "before" | "after"; readonly nth: number };

/** What is told over the pipe before a process kills itself at a trigger. */
export const hitWord = "hit";

/** For the program inside the daemon's process: JSON in the environment variable `POWER_INSIDE`. */
export interface Inside {
  /** The descriptor of the pipe. */
  readonly told: number;
  readonly trigger?: InnerTrigger;
  /** The wall clock jumps. */
  readonly clock?: { readonly afterMs: number; readonly byMs: number };
  /** The write-ahead log is copied into the database after so many pages instead of 1000: checkpoints all the time. */
  readonly checkpointPages?: number;
  /** The database no longer syncs its commits, and says that it does. */
  readonly unsynced?: true;
}
