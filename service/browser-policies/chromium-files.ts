import { type ParseError, parse } from "jsonc-parser";
import type { InstallPlan, InstallStep } from "../plan.ts";
import type { SystemView } from "../system.ts";
import { allowingPolicies } from "./grants.ts";
import { ourFile, type PolicyFolder, policyFolders } from "./places.ts";

/** What a browser reads of one folder: of two files that name the same policy, the one whose name sorts last counts alone. */
export type Effective = ReadonlyMap<string, { readonly value: unknown; readonly file: string }>;

/** Writes a file of our own beside what others have written. */
export async function grantInFolders(origins: readonly string[], system: SystemView): Promise<InstallPlan> {
  const plans = policyFolders.map(async (place) => {
    if (place.onlyIfThere && !(await isInstalled(place, system))) return [];
    return [
      { do: "folder", path: place.managed, mode: "755", why: `${place.browser} looks here for what it must do.` },
      await fileFor(place, origins, system),
    ] satisfies InstallStep[];
  });
  return (await Promise.all(plans)).flat();
}

/** Removes our file, and the folders above it when nothing else is in them. */
export async function withdrawFromFolders(system: SystemView): Promise<InstallPlan> {
  const plans = policyFolders.map(async ({ browser, top, managed }): Promise<InstallStep[]> => {
    if (!(await system.isThere(`${managed}/${ourFile}`))) return [];
    const empty = [managed, `${top}/policies`, top].map(
      (path): InstallStep => ({ do: "removeFolder", path, whenEmpty: true, why: "Nobody has anything in it." }),
    );
    return [{ do: "removeFile", path: `${managed}/${ourFile}`, why: `${browser} asks its user again.` }, ...empty];
  });
  return (await Promise.all(plans)).flat();
}

export async function effectiveIn(folder: string, system: SystemView, except?: string): Promise<Effective> {
  const effective = new Map<string, { value: unknown; file: string }>();
  for (const name of await system.names(folder)) {
    if (name === except) continue;
    const values = policiesIn(await system.text(`${folder}/${name}`));
    for (const [key, value] of Object.entries(values ?? {})) effective.set(key, { value, file: `${folder}/${name}` });
  }
  return effective;
}

export async function isInstalled({ programs }: { programs: readonly string[] }, system: SystemView): Promise<boolean> {
  const found = await Promise.all(programs.map((program) => system.isThere(program)));
  return found.includes(true);
}

/** Chromium takes comments and a last comma too many for JSON (JSON_PARSE_CHROMIUM_EXTENSIONS in its base/json). */
function policiesIn(text = ""): Record<string, unknown> | undefined {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  return errors.length > 0 ? undefined : objectOf(value);
}

/** Undefined when it is no JSON object: the browser leaves such a file alone, and so do we. */
export function objectIn(text: string | undefined): Record<string, unknown> | undefined {
  try {
    return objectOf(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  // An object that is neither null nor a list can be read by its keys.
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** What others have allowed stays allowed: our list takes the place of theirs. */
async function fileFor(
  { browser, managed }: PolicyFolder,
  origins: readonly string[],
  system: SystemView,
): Promise<InstallStep> {
  const others = await effectiveIn(managed, system, ourFile);
  const lists = allowingPolicies.map((policy) => {
    const theirs = textsIn(others.get(policy)?.value);
    return [policy, [...new Set([...theirs, ...origins])]];
  });
  return {
    do: "file",
    path: `${managed}/${ourFile}`,
    content: `${JSON.stringify(Object.fromEntries(lists), undefined, 2)}\n`,
    mode: "644",
    why: `${browser} lets the POS page reach the till, and does not ask the cashier.`,
  };
}
