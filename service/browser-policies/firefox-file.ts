import { createHash } from "node:crypto";
import type { InstallPlan, InstallStep } from "../plan.ts";
import type { SystemView } from "../system.ts";
import { objectIn, textsIn } from "./chromium-files.ts";
import { hostsOf } from "./grants.ts";
import { firefox } from "./places.ts";

/**
 * Firefox has one file for everybody. Pages whose host stands in `LocalNetworkAccess.SkipDomains` may reach this computer, whatever
 * else is set (Firefox 151 and later; firefox-admin-docs.mozilla.org). Beside "policies" we keep what we have added: Firefox does not
 * look there, and it goes with the file.
 */
interface Mark {
  readonly added: readonly string[];
  /** Of the rest of the file as we wrote it: whether anybody has changed it since. */
  readonly sha256: string;
  /** The file as it was, or null when there was none. */
  readonly before: string | null;
}

type Json = Record<string, unknown>;

const markName = "tillbridge";
const policyName = "LocalNetworkAccess";
const listName = "SkipDomains";
const mode = "644";

/** Adds to what is there. Nothing when it cannot be read: another program's file is never thrown away. */
export async function grantInFirefox(origins: readonly string[], system: SystemView): Promise<InstallPlan> {
  const present = await system.text(firefox.file);
  const clean = withoutOurs(present);
  const base = clean === undefined ? await shadowed(system) : objectIn(clean);
  if (base === undefined) return [];
  const theirs = hostsIn(base);
  const added = hostsOf(origins).filter((host) => !theirs.includes(host));
  const rest = withHosts(base, [...theirs, ...added]);
  const mark: Mark = { added, sha256: sha256Of(rest), before: clean ?? null };
  const content = textOf({ ...rest, [markName]: mark });
  if (content === present) return [];
  return [
    { do: "folder", path: firefox.folder, mode: "755", why: "Firefox looks here for what it must do." },
    {
      do: "file",
      path: firefox.file,
      content,
      mode,
      why: "Firefox lets the POS page reach the till, and does not ask the cashier. What others wrote stays.",
    },
  ];
}

export async function withdrawFromFirefox(system: SystemView): Promise<InstallPlan> {
  const present = await system.text(firefox.file);
  if (markIn(objectIn(present)) === undefined) return [];
  const clean = withoutOurs(present);
  if (clean !== undefined)
    return [{ do: "file", path: firefox.file, content: clean, mode, why: "What others wrote stays; ours goes." }];
  const empty = [firefox.folder, firefox.top].map(
    (path): InstallStep => ({ do: "removeFolder", path, whenEmpty: true, why: "Nobody has anything in it." }),
  );
  return [{ do: "removeFile", path: firefox.file, why: "Nobody else had written anything in it." }, ...empty];
}

/** The hosts that Firefox lets through now. */
export async function hostsInFirefox(system: SystemView): Promise<string[]> {
  return hostsIn(objectIn(await system.text(firefox.file)) ?? {});
}

/** What Firefox's own folder says: it does not look there any more once the file for the whole computer is there. */
async function shadowed(system: SystemView): Promise<Json> {
  const texts = await Promise.all(firefox.shadowed.map((path) => system.text(path)));
  return texts.map(objectIn).find((file) => file !== undefined) ?? {};
}

/** The file without our part; undefined when there is nothing else in it. Unchanged by others, it is exactly as it was before. */
function withoutOurs(present: string | undefined): string | undefined {
  const parsed = objectIn(present);
  const mark = markIn(parsed);
  if (parsed === undefined || mark === undefined) return present;
  const { [markName]: _, ...rest } = parsed;
  const { added, before, sha256 } = mark;
  if (sha256Of(rest) === sha256) return before ?? undefined;
  const left = withHosts(
    rest,
    hostsIn(rest).filter((host) => !added.includes(host)),
  );
  return textOf(left) === textOf({ policies: {} }) && before === null ? undefined : textOf(left);
}

function hostsIn(file: Json): string[] {
  return textsIn(below(below(file, "policies"), policyName)[listName]);
}

/** The same file with this list; without it, and without what held nothing but it, when the list is empty. */
function withHosts(file: Json, hosts: readonly string[]): Json {
  const policies = below(file, "policies");
  const { [listName]: _, ...others } = below(policies, policyName);
  const policy = hosts.length === 0 ? others : { ...others, [listName]: hosts };
  const { [policyName]: __, ...rest } = policies;
  return { ...file, policies: Object.keys(policy).length === 0 ? rest : { ...policies, [policyName]: policy } };
}

function markIn(file: Json | undefined): Mark | undefined {
  const mark = below(file ?? {}, markName);
  if (!Array.isArray(mark["added"])) return undefined;
  const { before, sha256 } = mark;
  return {
    added: textsIn(mark["added"]),
    sha256: typeof sha256 === "string" ? sha256 : "",
    before: typeof before === "string" ? before : null,
  };
}

function below(parent: Json, name: string): Json {
  const value = parent[name];
  // As above: an object that can be read by its keys.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function sha256Of(file: Json): string {
  return createHash("sha256").update(textOf(file)).digest("hex");
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
