import type { InstallPlan, InstallStep } from "./plan.ts";
import { noSuchProgram, type System } from "./system.ts";

/** A step could not be done. The message says which, why, and what to do. */
export class StepFailed extends Error {
  constructor(step: InstallStep, number: number, steps: number, reason: string) {
    super(
      `step ${number} of ${steps} failed: ${headline(step)}: ${reason}. ` +
        `The steps before it are done; when the cause is mended, run the same command again`,
    );
    this.name = "StepFailed";
  }
}

/** Does the steps in order, and stops at the first that fails. `tell` is called with each before it is done. Rejects with `StepFailed`. */
export async function carryOut(
  plan: InstallPlan,
  system: System,
  tell: (step: InstallStep) => void = () => undefined,
): Promise<void> {
  for (const [index, step] of plan.entries()) {
    tell(step);
    const reason = await done(step, system).catch(reasonOf);
    if (reason !== undefined) throw new StepFailed(step, index + 1, plan.length, reason);
  }
}

/** A step in a few words. */
export function headline(step: InstallStep): string {
  switch (step.do) {
    case "folder":
      return `make the folder ${step.path}`;
    case "file":
      return `write ${step.path}`;
    case "copyFolder":
      return `copy ${step.from} to ${step.to}`;
    case "removeFile":
      return `remove ${step.path}`;
    case "removeFolder":
      return `remove the folder ${step.path}${step.whenEmpty ? " if it is empty" : ""}`;
    case "run":
      return `run ${step.command.join(" ")}`;
    case "wait":
      return `wait for ${step.command.join(" ")}`;
    case "setRegistry":
      return `set ${step.key}\\${step.name} in the registry`;
    case "removeRegistry":
      return `remove ${step.key}${step.name === undefined ? "" : `\\${step.name}`} from the registry`;
  }
}

/** Undefined when it is done; else why not. */
async function done(step: InstallStep, system: System): Promise<string | undefined> {
  switch (step.do) {
    case "folder":
      await system.makeFolder(step.path, step.mode);
      return owned(step, system);
    case "file":
      await system.write(step.path, step.content, step.mode);
      return owned(step, system);
    case "copyFolder":
      await system.copyFolder(step.from, step.to);
      return undefined;
    case "removeFile":
      await system.remove(step.path);
      return undefined;
    case "removeFolder":
      if (step.whenEmpty) await system.removeEmpty(step.path);
      else await system.removeWhole(step.path);
      return undefined;
    case "run":
      return ran(step.command, step.okExitCodes, system);
    case "wait":
      return waited(step, system);
    case "setRegistry":
      return ran(
        ["reg.exe", "add", step.key, "/v", step.name, "/t", step.type, "/d", step.data, "/f"],
        undefined,
        system,
      );
    case "removeRegistry": {
      const present = await system.registry(step.key);
      if (present === undefined || (step.name !== undefined && !present.values.has(step.name))) return undefined;
      const what = step.name === undefined ? [] : ["/v", step.name];
      return ran(["reg.exe", "delete", step.key, ...what, "/f"], undefined, system);
    }
  }
}

async function owned(step: { path: string; owner?: string }, system: System): Promise<string | undefined> {
  return step.owner === undefined ? undefined : ran(["chown", step.owner, step.path], undefined, system);
}

async function ran(
  command: readonly string[],
  okExitCodes: readonly number[] = [],
  system: System,
): Promise<string | undefined> {
  const { code, said } = await system.run(command);
  if (code === 0 || okExitCodes.includes(code)) return undefined;
  if (code === noSuchProgram) return `there is no program ${command[0] ?? ""} here`;
  return `it ended with ${code}${said === "" ? "" : ` (${inOneLine(said)})`}`;
}

const pauseMs = 1000;

async function waited(
  { command, until, secondsMax, otherwise }: Extract<InstallStep, { do: "wait" }>,
  system: System,
): Promise<string | undefined> {
  const wanted = new RegExp(until);
  for (let seconds = 0; ; seconds += 1) {
    const said = (await system.output(command)) ?? "";
    if (wanted.test(said)) return undefined;
    if (seconds === secondsMax) return said.trim() === "" ? otherwise : `${otherwise} (${inOneLine(said)})`;
    await system.pause(pauseMs);
  }
}

function inOneLine(said: string): string {
  return said.trim().replace(/\s+/g, " ");
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  if (code === "EACCES" || code === "EPERM") return `${code}: run it as root, or on Windows as administrator`;
  if (code === "EROFS") return "EROFS: this file system is read-only";
  if (code === "ENOSPC") return "ENOSPC: the disk is full";
  return code;
}
