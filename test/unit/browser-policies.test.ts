import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { policyPlan, policyRemovalPlan } from "../../service/browser-policies/policies.ts";
import { type BrowserPolicyState, browserPolicyStates } from "../../service/browser-policies/states.ts";
import { domainMatches, patternMatches } from "../../service/browser-policies/url-pattern.ts";
import { carryOut } from "../../service/carry-out.ts";
import type { TargetPlatform } from "../../service/plan.ts";
import { thisSystem } from "../../service/system.ts";
import { MemorySystem } from "../support/memory-system.ts";

const pos = "https://pos.example.com:8443";
const other = "https://other.example.org";
const chromium = "/etc/chromium/policies/managed";
const firefox = "/etc/firefox/policies/policies.json";
const edge = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Edge\\LoopbackNetworkAllowedForUrls";
const skipDomains = "HKLM\\SOFTWARE\\Policies\\Mozilla\\Firefox\\LocalNetworkAccess\\SkipDomains";

let system: MemorySystem;

beforeEach(() => {
  system = new MemorySystem();
  system.folders.add("/etc").add("/etc/opt");
});

async function install(origins: readonly string[], platform: TargetPlatform = "linux"): Promise<void> {
  await carryOut(await policyPlan(origins, platform, system), system);
}

async function uninstall(platform: TargetPlatform = "linux"): Promise<void> {
  await carryOut(await policyRemovalPlan(platform, system), system);
}

async function states(origins: readonly string[], platform: TargetPlatform = "linux"): Promise<Record<string, string>> {
  const rows = await browserPolicyStates(origins, { platform, system });
  return Object.fromEntries(rows.map(({ browser, state }) => [browser, state]));
}

async function rowOf(browser: string, platform: TargetPlatform = "linux"): Promise<BrowserPolicyState | undefined> {
  return (await browserPolicyStates([pos], { platform, system })).find((row) => row.browser === browser);
}

function jsonOf(path: string): unknown {
  return JSON.parse(system.files.get(path)?.content ?? "null");
}

const everywhere = (state: string) => ({ Chrome: state, Chromium: state, Edge: state, Firefox: state });

describe("browser policies on Linux", () => {
  test("let the POS page through in Chrome, Chromium, Edge and Firefox, each in its own place", async () => {
    expect(await states([pos])).toEqual(everywhere("missing"));
    await install([pos]);
    const lists = { LoopbackNetworkAllowedForUrls: [pos], LocalNetworkAccessAllowedForUrls: [pos] };
    for (const top of ["/etc/opt/chrome", "/etc/chromium", "/etc/opt/edge"])
      expect(jsonOf(`${top}/policies/managed/tillbridge.json`)).toEqual(lists);
    expect(jsonOf(firefox)).toMatchObject({ policies: { LocalNetworkAccess: { SkipDomains: ["pos.example.com"] } } });
    expect(await states([pos])).toEqual(everywhere("inForce"));
  });

  test("are gone without a trace when they are withdrawn, and a second time changes nothing", async () => {
    const before = system.everything();
    await install([pos]);
    await install([pos, other]);
    await uninstall();
    expect(system.everything()).toEqual(before);
    await uninstall();
    expect(system.everything()).toEqual(before);
  });

  test("keep what others allow, block and write, byte by byte", async () => {
    system.put(
      `${chromium}/company.json`,
      JSON.stringify({ LoopbackNetworkAllowedForUrls: [other], HomepageLocation: "x" }),
    );
    system.put(
      firefox,
      '{"policies":{"LocalNetworkAccess":{"Enabled":true,"SkipDomains":["other.example.org"]}},"x":1 }',
    );
    const before = system.everything();
    await install([pos]);
    expect(jsonOf(`${chromium}/tillbridge.json`)).toMatchObject({ LoopbackNetworkAllowedForUrls: [other, pos] });
    expect(jsonOf(firefox)).toMatchObject({
      policies: { LocalNetworkAccess: { Enabled: true, SkipDomains: ["other.example.org", "pos.example.com"] } },
      x: 1,
    });
    expect(await states([pos, other])).toMatchObject({ Chromium: "inForce", Firefox: "inForce" });
    await uninstall();
    expect(system.everything()).toEqual(before);
  });

  test("keep what others allow in a file with comments and a comma too many, which Chromium reads all the same", async () => {
    system.put(`${chromium}/company.json`, `// ours\n{ "LoopbackNetworkAllowedForUrls": ["${other}", /* till 2 */], }`);
    await install([pos]);
    expect(jsonOf(`${chromium}/tillbridge.json`)).toMatchObject({ LoopbackNetworkAllowedForUrls: [other, pos] });
  });

  test("keep what others allow in a file of any name: Chromium reads them all", async () => {
    system.put(`${chromium}/company.policy`, JSON.stringify({ LoopbackNetworkAllowedForUrls: [other] }));
    await install([pos]);
    expect(jsonOf(`${chromium}/tillbridge.json`)).toMatchObject({ LoopbackNetworkAllowedForUrls: [other, pos] });
  });

  test("a folder among the files is no file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "policies-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, chromium, "old"), { recursive: true });
    const real = thisSystem(folder);
    await carryOut(await policyPlan([pos], "linux", real), real);
    expect(await real.text(`${chromium}/tillbridge.json`)).toContain(pos);
  });

  test("leave a file of Chromium's that is no JSON alone, and rely on nothing in it", async () => {
    const broken = `{ "LoopbackNetworkAllowedForUrls": ["${other}"`;
    system.put(`${chromium}/company.json`, broken);
    await install([pos]);
    expect(system.files.get(`${chromium}/company.json`)?.content).toBe(broken);
    expect(jsonOf(`${chromium}/tillbridge.json`)).toMatchObject({ LoopbackNetworkAllowedForUrls: [pos] });
  });

  test("what others wrote into Firefox's file after us stays when ours goes", async () => {
    await install([pos]);
    const file = JSON.parse(system.files.get(firefox)?.content ?? "");
    file.policies.Homepage = { URL: "https://shop.example" };
    file.policies.LocalNetworkAccess.SkipDomains.push("theirs.example");
    system.put(firefox, JSON.stringify(file));
    await install([other]);
    expect(await states([other])).toMatchObject({ Firefox: "inForce" });
    await uninstall();
    expect(jsonOf(firefox)).toEqual({
      policies: { Homepage: { URL: "https://shop.example" }, LocalNetworkAccess: { SkipDomains: ["theirs.example"] } },
    });
  });

  test("a host that somebody else let through before us is let through after us", async () => {
    system.put(firefox, '{"policies":{"LocalNetworkAccess":{"SkipDomains":["pos.example.com"]}}}');
    const before = system.everything();
    await install([pos]);
    await uninstall();
    expect(system.everything()).toEqual(before);
  });

  test("what stands in Firefox's own folder still holds beside ours, and is left alone", async () => {
    const own = "/usr/lib/firefox-esr/distribution/policies.json";
    system.put(own, '{"policies":{"DisableTelemetry":true}}');
    const before = system.everything();
    await install([pos]);
    expect(jsonOf(firefox)).toMatchObject({ policies: { DisableTelemetry: true, LocalNetworkAccess: {} } });
    await uninstall();
    expect(system.everything()).toEqual(before);
  });

  test("a file of Firefox's that is no JSON is left alone, and the state says that nothing is in force", async () => {
    system.put(firefox, "{ broken");
    await install([pos]);
    expect(system.files.get(firefox)?.content).toBe("{ broken");
    expect(await states([pos])).toMatchObject({ Firefox: "missing", Chromium: "inForce" });
  });

  test("the state names the file that wins over ours, and a page that somebody has forbidden", async () => {
    await install([pos]);
    system.put(`${chromium}/zz.json`, '{"LoopbackNetworkAllowedForUrls":[],"LocalNetworkAccessAllowedForUrls":[]}');
    expect(await rowOf("Chromium")).toMatchObject({ state: "missing", origins: [pos], where: `${chromium}/zz.json` });
    system.put(`${chromium}/zz.json`, '{"LoopbackNetworkBlockedForUrls":["[*.]example.com"]}');
    expect(await rowOf("Chromium")).toMatchObject({ state: "blocked", origins: [pos] });
    system.put(`${chromium}/zz.json`, '{"LocalNetworkAccessBlockedForUrls":["*"]}');
    expect(await rowOf("Chromium")).toMatchObject({ state: "inForce" });
  });

  test("are not needed for pages of this computer and programs, and cannot help unencrypted pages", async () => {
    await install([pos]);
    await install(["http://localhost:8080", "tauri://localhost", "http://127.0.0.1:81"]);
    expect([...system.files.keys()]).toEqual([]);
    expect(await states(["http://localhost:8080", "tauri://localhost"])).toEqual(everywhere("notNeeded"));
    expect(await states(["http://pos.example.com"])).toEqual(everywhere("insecureOrigin"));
  });

  test("Ubuntu's Chromium from the snap store gets a file of its own only where it is", async () => {
    await install([pos]);
    expect(system.files.has("/etc/chromium-browser/policies/managed/tillbridge.json")).toBe(false);
    system.put("/snap/bin/chromium", "");
    await install([pos]);
    expect(system.files.has("/etc/chromium-browser/policies/managed/tillbridge.json")).toBe(true);
    expect((await browserPolicyStates([pos], { platform: "linux", system })).map((row) => row.isInstalled)).toEqual([
      false,
      false,
      true,
      false,
      false,
    ]);
  });
});

describe("browser policies on Windows", () => {
  test("stand in the registry, and are gone without a trace when they are withdrawn", async () => {
    system.set("HKLM\\SOFTWARE\\Policies", "x", "y");
    system.set("HKLM\\SOFTWARE\\Tillbridge", "version", "1");
    const before = system.everything();
    await install([pos, other], "windows");
    expect([...(system.values.get(edge) ?? [])]).toEqual([
      ["1", pos],
      ["2", other],
    ]);
    expect([...(system.values.get(skipDomains) ?? [])]).toEqual([
      ["1", "pos.example.com"],
      ["2", "other.example.org"],
    ]);
    expect(await states([pos, other], "windows")).toEqual(everywhere("inForce"));
    await install([other], "windows");
    expect(await states([pos], "windows")).toEqual(everywhere("missing"));
    expect(await states([other], "windows")).toEqual(everywhere("inForce"));
    await uninstall("windows");
    expect(system.everything()).toEqual(before);
  });

  test("keep the entries of others, and leave no gap that would hide them from Firefox", async () => {
    await install([pos], "windows");
    system.set(skipDomains, "2", "theirs.example");
    system.set(edge, "7", other);
    await install([pos], "windows");
    expect(await states([pos], "windows")).toEqual(everywhere("inForce"));
    await uninstall("windows");
    expect([...(system.values.get(skipDomains) ?? [])]).toEqual([["1", "theirs.example"]]);
    expect([...(system.values.get(edge) ?? []).values()]).toEqual([other]);
  });
});

describe("browser policies on macOS", () => {
  test("are a profile that a person agrees to, and the state is what the system then enforces", async () => {
    await install([pos], "macos");
    expect(system.ran).toEqual([["open", "/Library/Application Support/Tillbridge/browser-policies.mobileconfig"]]);
    expect(await states([pos], "macos")).toEqual(everywhere("missing"));
    const command = (domain: string) => `plutil -convert json -o - /Library/Managed Preferences/${domain}.plist`;
    system.outputs.set(command("com.google.Chrome"), JSON.stringify({ LoopbackNetworkAllowedForUrls: [pos] }));
    system.outputs.set(command("org.mozilla.firefox"), '{"LocalNetworkAccess":{"SkipDomains":["pos.example.com"]}}');
    expect(await states([pos], "macos")).toMatchObject({ Chrome: "inForce", Firefox: "inForce", Edge: "missing" });
    await uninstall("macos");
    expect(system.ran.at(-1)).toEqual(["profiles", "remove", "-identifier", "com.tillbridge.browser-policies"]);
    expect([...system.files.keys()]).toEqual([]);
  });
});

describe("patterns that others have written", () => {
  test.each([
    ["*", true],
    [pos, true],
    ["pos.example.com", true],
    ["[*.]example.com", true],
    ["https://[*.]pos.example.com:*", true],
    ["https://*:8443", true],
    ["http://pos.example.com:8443", false],
    ["https://pos.example.com:443", false],
    ["example.com", false],
    ["[*.]ample.com", false],
    ["", false],
  ])("%s means the POS page: %s", (pattern, matches) => {
    expect(patternMatches(pattern, pos)).toBe(matches);
  });

  test("Firefox's *.example.com means example.com too, and nothing else does", () => {
    expect(
      ["*.example.com", "pos.example.com", "*.pos.example.com"].map((it) => domainMatches(it, "pos.example.com")),
    ).toEqual([true, true, true]);
    expect(["example.com", "*.ample.com", "*"].map((it) => domainMatches(it, "pos.example.com"))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
