import type { TargetPlatform } from "./plan.ts";
import type { SystemView } from "./system.ts";

/** The program that is made a service. */
export interface InstalledProgram {
  /** The folder that holds `dist/` and `node_modules/`, and in a release Node too. */
  readonly folder: string;
  /** Node's own file. */
  readonly node: string;
  readonly version: string;
}

/** What a plan is for. `environment` is read for Windows' folders alone. */
export interface Installation {
  readonly platform: TargetPlatform;
  readonly program: InstalledProgram;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly system: SystemView;
  /** Where the installed till has its settings, if it has any. */
  readonly settings?: string;
  /** Where setup keeps the keys. */
  readonly keyFiles?: readonly string[];
}

/** It cannot be installed like this; the message says what to do. */
export class CannotInstall extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CannotInstall";
  }
}
