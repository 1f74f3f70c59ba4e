import { type Platform } from "../plan.ts";
import { type Surroundings, thisPlatform, thisSystem } from "../system.ts";
import { effectiveIn, isInstalled, objectIn, textsIn } from "./chromium-files.ts";
import { hostsInFirefox } from "./firefox-file.ts";
import { allowingPolicies, blockingPolicies, type Browser, hopelessOrigins, originsToGrant } from "./grants.ts";
import { firefox, policyFolders } from "./places.ts";
import { domains } from "./profile.ts";
import { browserKeys, firefoxKey } from "./registry.ts";
import { domainMatches, patternMatches } from "./url-pattern.ts";

/** One browser, and whether it lets the POS pages reach the till without asking. */
export interface BrowserPolicyState {
  readonly browser: Browser;
  readonly isInstalled: boolean;
  /**
   * `inForce`: every page is let through. `missing`: for `origins` nothing is set, or somebody else's file wins (`where`).
   * `blocked`: somebody has forbidden it for `origins`. `hopeless`: `origins` are unencrypted pages, which no policy lets through.
   * `notNeeded`: the settings name no page from elsewhere.
   */
  readonly state: "inForce" | "missing" | "blocked" | "hopeless" | "notNeeded";
  /** Those that it is about; all of them when `inForce`. */
  readonly origins: readonly string[];
  /** The file or registry key to look at. */
  readonly where: string;
}

interface Options {
  readonly platform?: Platform;
  readonly system?: Surroundings;
  /** Where the computer's files begin; `/` unless given. */
  readonly root?: string;
}

/** What one browser has been told. */
interface Told {
  readonly browser: Browser;
  readonly isInstalled: boolean;
  readonly where: string;
  readonly lets: (origin: string) => boolean;
  readonly blocks: (origin: string) => boolean;
}

/** A row for each browser that can be there on this system. Changes nothing. Rejects when a file may not be read. */
export async function browserPolicyStates(
  origins: readonly string[],
  options: Options = {},
): Promise<BrowserPolicyState[]> {
  const { platform = thisPlatform(), system = thisSystem(options.root) } = options;
  const told = await toldOn[platform](system);
  return told.map((one) => stateOf(one, origins));
}

function stateOf({ browser, isInstalled, where, lets, blocks }: Told, origins: readonly string[]): BrowserPolicyState {
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
  const hopeless = hopelessOrigins(origins);
  if (hopeless.length > 0) return row("hopeless", hopeless);
  return needed.length === 0 ? row("notNeeded", []) : row("inForce", needed);
}

const toldOn: Readonly<Record<Platform, (system: Surroundings) => Promise<Told[]>>> = {
  async linux(system) {
    const chromiums = policyFolders.map(async (place): Promise<Told[]> => {
      const there = await isInstalled(place, system);
      if (place.onlyIfThere && !there) return [];
      const effective = await effectiveIn(place.managed, system);
      const winner = allowingPolicies.map((policy) => effective.get(policy)?.file).find((file) => file !== undefined);
      const listIn = (policy: string) => textsIn(effective.get(policy)?.value);
      return [chromiumTold(place.browser, there, winner ?? place.managed, listIn)];
    });
    const hosts = await hostsInFirefox(system);
    const told = firefoxTold(await isInstalled(firefox, system), firefox.file, hosts);
    return [...(await Promise.all(chromiums)).flat(), told];
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
      return chromiumTold(browser, await there(program), key, (policy) => lists.get(policy) ?? []);
    });
    const told = firefoxTold(await there("firefox.exe"), firefoxKey, await valuesOf(firefoxKey));
    return [...(await Promise.all(chromiums)), told];
  },

  async macos(system) {
    const told = domains.map(async ({ browser, domain, program }) => {
      const where = `/Library/Managed Preferences/${domain}.plist`;
      const values = objectIn(await system.output(["plutil", "-convert", "json", "-o", "-", where])) ?? {};
      const there = await system.isThere(program);
      if (browser !== "Firefox") return chromiumTold(browser, there, where, (policy) => textsIn(values[policy]));
      const access = objectIn(JSON.stringify(values["LocalNetworkAccess"] ?? {})) ?? {};
      return firefoxTold(there, where, textsIn(access["SkipDomains"]));
    });
    return Promise.all(told);
  },
};

/** Which list wins: the one for this computer before the one for all local networks, and in each pair the one that blocks. */
function chromiumTold(
  browser: Browser,
  there: boolean,
  where: string,
  listIn: (policy: string) => readonly string[],
): Told {
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

function firefoxTold(there: boolean, where: string, entries: readonly string[]): Told {
  const lets = (origin: string) => entries.some((entry) => domainMatches(entry, new URL(origin).hostname));
  return { browser: "Firefox", isInstalled: there, where, lets, blocks: () => false };
}
