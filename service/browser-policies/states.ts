import { type TargetPlatform } from "../plan.ts";
import { type SystemView, thisPlatform, thisSystem } from "../system.ts";
import { effectiveIn, isInstalled, objectIn, textsIn } from "./chromium-files.ts";
import { hostsInFirefox } from "./firefox-file.ts";
import { allowingPolicies, blockingPolicies, type Browser, insecureOrigins, originsToGrant } from "./grants.ts";
import { firefox, policyFolders } from "./places.ts";
import { domains } from "./profile.ts";
import { browserKeys, firefoxKey } from "./registry.ts";
import { domainMatches, patternMatches } from "./url-pattern.ts";

/** One browser, and whether it lets the POS pages reach the till without asking. */
export interface BrowserPolicyState {
  readonly browser: Browser;
  readonly isInstalled: boolean;
  /**
   * `inForce`: every page is let through. `missing`: for `origins` nothing is set, or another program's file wins (`where`).
   * `blocked`: a policy forbids it for `origins`. `insecureOrigin`: `origins` are unencrypted pages, which no policy lets through.
   * `notNeeded`: the settings name no page from elsewhere.
   */
  readonly state: "inForce" | "missing" | "blocked" | "insecureOrigin" | "notNeeded";
  /** Those that it is about; all of them when `inForce`. */
  readonly origins: readonly string[];
  /** The file or registry key to look at. */
  readonly where: string;
}

interface StateOptions {
  readonly platform?: TargetPlatform;
  readonly system?: SystemView;
  /** Where the computer's files begin; `/` unless given. */
  readonly root?: string;
}

/** The policies that one browser has. */
interface EffectivePolicies {
  readonly browser: Browser;
  readonly isInstalled: boolean;
  readonly where: string;
  readonly lets: (origin: string) => boolean;
  readonly blocks: (origin: string) => boolean;
}

/** A row for each browser that can be there on this system. Changes nothing. Rejects when a file may not be read. */
export async function browserPolicyStates(
  origins: readonly string[],
  options: StateOptions = {},
): Promise<BrowserPolicyState[]> {
  const { platform = thisPlatform(), system = thisSystem(options.root) } = options;
  const policies = await effectivePoliciesOn[platform](system);
  return policies.map((one) => stateOf(one, origins));
}

function stateOf(
  { browser, isInstalled, where, lets, blocks }: EffectivePolicies,
  origins: readonly string[],
): BrowserPolicyState {
  const row = (state: BrowserPolicyState["state"], about: readonly string[]) => ({
    browser,
    isInstalled,
    where,
    state,
    origins: about,
  });
  const needed = originsToGrant(origins);
  const blocked = needed.filter(blocks);
  if (blocked.length > 0) return row("blocked", blocked);
  const missing = needed.filter((origin) => !lets(origin));
  if (missing.length > 0) return row("missing", missing);
  const insecure = insecureOrigins(origins);
  if (insecure.length > 0) return row("insecureOrigin", insecure);
  return needed.length === 0 ? row("notNeeded", []) : row("inForce", needed);
}

const effectivePoliciesOn: Readonly<Record<TargetPlatform, (system: SystemView) => Promise<EffectivePolicies[]>>> = {
  async linux(system) {
    const chromiums = policyFolders.map(async (place): Promise<EffectivePolicies[]> => {
      const there = await isInstalled(place, system);
      if (place.onlyIfThere && !there) return [];
      const effective = await effectiveIn(place.managed, system);
      const winner = allowingPolicies.map((policy) => effective.get(policy)?.file).find((file) => file !== undefined);
      const listIn = (policy: string) => textsIn(effective.get(policy)?.value);
      return [chromiumPolicies(place.browser, there, winner ?? place.managed, listIn)];
    });
    const hosts = await hostsInFirefox(system);
    const policies = firefoxPolicies(await isInstalled(firefox, system), firefox.file, hosts);
    return [...(await Promise.all(chromiums)).flat(), policies];
  },

  async windows(system) {
    const there = async (program: string) =>
      (await system.registry(`HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths\\${program}`)) !==
      undefined;
    const valuesOf = async (key: string) => [...((await system.registry(key))?.values.values() ?? [])];
    const chromiums = browserKeys.map(async ({ browser, key, program }) => {
      const names = [...allowingPolicies, ...blockingPolicies];
      const found = await Promise.all(
        names.map(async (policy) => [policy, await valuesOf(`${key}\\${policy}`)] as const),
      );
      const lists = new Map<string, string[]>(found);
      return chromiumPolicies(browser, await there(program), key, (policy) => lists.get(policy) ?? []);
    });
    const policies = firefoxPolicies(await there("firefox.exe"), firefoxKey, await valuesOf(firefoxKey));
    return [...(await Promise.all(chromiums)), policies];
  },

  async macos(system) {
    const policies = domains.map(async ({ browser, domain, program }) => {
      const where = `/Library/Managed Preferences/${domain}.plist`;
      const values = objectIn(await system.output(["plutil", "-convert", "json", "-o", "-", where])) ?? {};
      const there = await system.isThere(program);
      if (browser !== "Firefox") return chromiumPolicies(browser, there, where, (policy) => textsIn(values[policy]));
      const access = objectIn(JSON.stringify(values["LocalNetworkAccess"] ?? {})) ?? {};
      return firefoxPolicies(there, where, textsIn(access["SkipDomains"]));
    });
    return Promise.all(policies);
  },
};

/** Which list wins: the one for this computer before the one for all local networks, and in each pair the one that blocks. */
function chromiumPolicies(
  browser: Browser,
  there: boolean,
  where: string,
  listIn: (policy: string) => readonly string[],
): EffectivePolicies {
  const names = (policy: string, origin: string) => listIn(policy).some((pattern) => patternMatches(pattern, origin));
  const [blocksLoopback, blocksLocal] = blockingPolicies;
  const [letsLoopback, letsLocal] = allowingPolicies;
  return {
    browser,
    isInstalled: there,
    where,
    lets: (origin) => names(letsLoopback, origin) || names(letsLocal, origin),
    blocks: (origin) => names(blocksLoopback, origin) || (names(blocksLocal, origin) && !names(letsLoopback, origin)),
  };
}

function firefoxPolicies(there: boolean, where: string, entries: readonly string[]): EffectivePolicies {
  const lets = (origin: string) => entries.some((entry) => domainMatches(entry, new URL(origin).hostname));
  return { browser: "Firefox", isInstalled: there, where, lets, blocks: () => false };
}
