import type { Browser } from "./grants.ts";

/** Where a browser of Chromium's family on Linux looks for what it must do. */
export interface PolicyFolder {
  readonly browser: Browser;
  /** Its own folder in /etc, and below it the folder with the files. All of them are read. */
  readonly top: string;
  readonly managed: string;
  /** One of these is there when the browser is. */
  readonly programs: readonly string[];
  /** Only where the browser is there: a place that no other program knows. */
  readonly onlyIfThere?: true;
}

export const policyFolders: readonly PolicyFolder[] = [
  {
    browser: "Chrome",
    top: "/etc/opt/chrome",
    managed: "/etc/opt/chrome/policies/managed",
    programs: ["/opt/google/chrome/chrome", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"],
  },
  {
    browser: "Chromium",
    top: "/etc/chromium",
    managed: "/etc/chromium/policies/managed",
    programs: ["/usr/bin/chromium"],
  },
  {
    // Ubuntu's, from the snap store.
    browser: "Chromium",
    top: "/etc/chromium-browser",
    managed: "/etc/chromium-browser/policies/managed",
    programs: ["/snap/bin/chromium"],
    onlyIfThere: true,
  },
  {
    browser: "Edge",
    top: "/etc/opt/edge",
    managed: "/etc/opt/edge/policies/managed",
    programs: ["/opt/microsoft/msedge/msedge", "/usr/bin/microsoft-edge", "/usr/bin/microsoft-edge-stable"],
  },
];

/** Our file among those of others. */
export const ourFile = "tillbridge.json";

/** Firefox on Linux reads one file for the whole computer. */
export const firefox = {
  top: "/etc/firefox",
  folder: "/etc/firefox/policies",
  file: "/etc/firefox/policies/policies.json",
  /** Read only where the file above is not there. */
  shadowed: [
    "/usr/lib/firefox/distribution/policies.json",
    "/usr/lib/firefox-esr/distribution/policies.json",
    "/opt/firefox/distribution/policies.json",
  ],
  programs: ["/usr/bin/firefox", "/usr/bin/firefox-esr", "/opt/firefox/firefox", "/snap/bin/firefox"],
} as const;
