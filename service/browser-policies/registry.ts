import type { InstallPlan, InstallStep } from "../plan.ts";
import type { SystemView } from "../system.ts";
import { allowingPolicies, type Browser, hostsOf } from "./grants.ts";

/** A list of a browser's on Windows: a key whose values are named 1, 2, 3 … */
interface List {
  readonly browser: Browser;
  readonly key: string;
  readonly entriesFor: (origins: readonly string[]) => readonly string[];
}

const policies = "HKLM\\SOFTWARE\\Policies";
const asTheyAre = (origins: readonly string[]) => origins;

/** The key of each browser's own policies. Source: the browsers' policy lists; Chromium has its own key. */
export const browserKeys = [
  { browser: "Chrome", key: `${policies}\\Google\\Chrome`, program: "chrome.exe" },
  { browser: "Edge", key: `${policies}\\Microsoft\\Edge`, program: "msedge.exe" },
  { browser: "Chromium", key: `${policies}\\Chromium`, program: "chromium.exe" },
] as const;

export const firefoxKey = `${policies}\\Mozilla\\Firefox\\LocalNetworkAccess\\SkipDomains`;

const lists: readonly List[] = [
  ...browserKeys.flatMap(({ browser, key }) =>
    allowingPolicies.map((policy) => ({ browser, key: `${key}\\${policy}`, entriesFor: asTheyAre })),
  ),
  { browser: "Firefox", key: firefoxKey, entriesFor: hostsOf },
];

/** What we have added where, so that nothing of anybody else's is ever taken away: `KEY|NAME` → entry. */
const markKey = "HKLM\\SOFTWARE\\Tillbridge\\BrowserPolicies";

type Entries = ReadonlyMap<string, string>;

/** Adds what is missing under free numbers. What was added before goes first: it may be for origins that are no longer wanted. */
export async function grantInRegistry(origins: readonly string[], system: SystemView): Promise<InstallPlan> {
  const steps: InstallStep[] = [...(await withdrawFromRegistry(system))];
  const marks = (await system.registry(markKey))?.values;
  for (const { browser, key, entriesFor } of lists) {
    const theirs = leftIn(key, (await system.registry(key))?.values, marks);
    const taken = Math.max(0, ...[...theirs.keys()].map(Number).filter(Number.isSafeInteger));
    const missing = entriesFor(origins).filter((entry) => ![...theirs.values()].includes(entry));
    for (const [index, entry] of missing.entries())
      steps.push(...added(browser, key, String(taken + index + 1), entry));
  }
  return steps;
}

export async function withdrawFromRegistry(system: SystemView): Promise<InstallPlan> {
  const marks = (await system.registry(markKey))?.values;
  if (marks === undefined) return [];
  const steps: InstallStep[] = [];
  const removed = new Set<string>();
  for (const { browser, key } of lists) {
    const present = await system.registry(key);
    if (present === undefined) continue;
    const why = `${browser} asks its user again.`;
    const theirs = leftIn(key, present.values, marks);
    if (theirs.size > 0) steps.push(...changes(key, present.values, theirs, why));
    else steps.push(...(await withoutKey(key, removed, system, why)));
  }
  return [...steps, { do: "removeRegistry", key: markKey, why: "Nothing of ours is left in the browsers." }];
}

function added(browser: Browser, key: string, name: string, entry: string): InstallStep[] {
  const why = `${browser} lets the POS page reach the till, and does not ask the cashier.`;
  return [
    { do: "setRegistry", key: markKey, name: `${key}|${name}`, type: "REG_SZ", data: entry, why: "What is ours." },
    { do: "setRegistry", key, name, type: "REG_SZ", data: entry, why },
  ];
}

/**
 * What stays when ours is gone; a value that another program has changed since is theirs. Numbered anew from 1 where ours was among it:
 * Firefox takes a key for a list only when its first value is named 1.
 */
function leftIn(key: string, present: Entries | undefined, marks: Entries | undefined): Entries {
  const all = [...(present ?? [])];
  const theirs = all.filter(([name, entry]) => marks?.get(`${key}|${name}`) !== entry);
  if (theirs.length === all.length) return new Map(all);
  const inOrder = theirs.toSorted(([first], [second]) => Number(first) - Number(second));
  return new Map(inOrder.map(([, entry], index) => [String(index + 1), entry]));
}

function changes(key: string, present: Entries, wanted: Entries, why: string): InstallStep[] {
  const set = [...wanted].filter(([name, entry]) => present.get(name) !== entry);
  const gone = [...present.keys()].filter((name) => !wanted.has(name));
  return [
    ...set.map(([name, data]): InstallStep => ({ do: "setRegistry", key, name, type: "REG_SZ", data, why })),
    ...gone.map((name): InstallStep => ({ do: "removeRegistry", key, name, why })),
  ];
}

/** The key, and those above it in which nothing else is. */
async function withoutKey(key: string, removed: Set<string>, system: SystemView, why: string): Promise<InstallStep[]> {
  removed.add(key);
  const above = key.slice(0, key.lastIndexOf("\\"));
  const rest = above === policies ? undefined : await system.registry(above);
  const isEmpty = rest?.values.size === 0 && rest.keys.every((name) => removed.has(`${above}\\${name}`));
  return [
    { do: "removeRegistry", key, why },
    ...(isEmpty ? await withoutKey(above, removed, system, "Nobody else has anything in it.") : []),
  ];
}
