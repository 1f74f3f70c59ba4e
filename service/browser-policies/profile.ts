import { createHash } from "node:crypto";
import { type PlistValue, plist } from "../launchd/plist.ts";
import type { InstallPlan } from "../plan.ts";
import { allowingPolicies, hostsOf } from "./grants.ts";

/** Where the profile waits to be installed. */
export const profileFile = "/Library/Application Support/Tillbridge/browser-policies.mobileconfig";
export const profileName = "com.tillbridge.browser-policies";

/** The preference domains of the browsers on macOS, and where each program is. */
export const domains = [
  { browser: "Chrome", domain: "com.google.Chrome", program: "/Applications/Google Chrome.app" },
  { browser: "Edge", domain: "com.microsoft.Edge", program: "/Applications/Microsoft Edge.app" },
  { browser: "Chromium", domain: "org.chromium.Chromium", program: "/Applications/Chromium.app" },
  { browser: "Firefox", domain: "org.mozilla.firefox", program: "/Applications/Firefox.app" },
] as const;

/**
 * On macOS only a configuration profile can say what a browser must do, and only a person or a device manager can install one
 * (since macOS 11 no program can). The plan writes it and opens it.
 */
export function grantByProfile(origins: readonly string[]): InstallPlan {
  return [
    {
      do: "file",
      path: profileFile,
      content: profile(origins),
      mode: "644",
      why: "Chrome, Edge, Chromium and Firefox let the POS page reach the till, once this profile is installed.",
    },
    {
      do: "run",
      command: ["open", profileFile],
      okExitCodes: [1],
      why: "System Settings shows the profile; a person, or the device manager instead, must agree to it.",
      undo: {
        do: "run",
        command: ["profiles", "remove", "-identifier", profileName],
        okExitCodes: [1],
        why: "The browsers ask their users again. A profile from a device manager is removed there.",
      },
    },
  ];
}

function profile(origins: readonly string[]): string {
  const payloads = domains.map(({ browser, domain }) => payload(domain, settingsFor(browser, origins)));
  return plist({
    PayloadContent: payloads,
    PayloadDisplayName: "Tillbridge: the POS page may reach the till",
    PayloadIdentifier: profileName,
    PayloadScope: "System",
    PayloadType: "Configuration",
    PayloadUUID: uuidOf(profileName),
    PayloadVersion: 1,
  });
}

function payload(domain: string, settings: Readonly<Record<string, PlistValue>>): PlistValue {
  const identifier = `${profileName}.${domain}`;
  return {
    ...settings,
    PayloadIdentifier: identifier,
    PayloadType: domain,
    PayloadUUID: uuidOf(identifier),
    PayloadVersion: 1,
  };
}

function settingsFor(browser: string, origins: readonly string[]): Readonly<Record<string, PlistValue>> {
  if (browser === "Firefox")
    return { EnterprisePoliciesEnabled: true, LocalNetworkAccess: { SkipDomains: hostsOf(origins) } };
  return Object.fromEntries(allowingPolicies.map((policy) => [policy, origins]));
}

/** The same for the same name, so that a new profile takes the place of the one before. */
function uuidOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join("-").toUpperCase();
}
