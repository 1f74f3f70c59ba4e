import { type Browser, chromium, type Page } from "playwright-core";

/** Debian's Chromium, told to keep to itself. */
const keepsToItself = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Only against what hangs; a page on a busy machine takes as long as it takes. */
const waitMsMax = 100_000;

export function openChromium(...more: string[]): Promise<Browser> {
  const args = [...keepsToItself, ...more];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args, timeout: waitMsMax });
}

export function bePatient(page: Page): Page {
  page.setDefaultTimeout(waitMsMax);
  return page;
}
