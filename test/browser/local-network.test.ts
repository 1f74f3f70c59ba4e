import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bundle, openBundle } from "../support/bundle.ts";
import { checkout } from "../support/imports.ts";
import type { Findings } from "./in-namespace.ts";

// A page from the internet, a browser that guards this computer from it, and the policies as the installer writes them. All of it in
// a network namespace of its own, in which the page's public address is this computer's too, and with an /etc of its own.

const run = promisify(execFile);
/** Any address that is nobody's private one. Nothing leaves the namespace. */
const publicAddress = "8.8.8.8";
/** Headless, Chromium says either of the permission that it can ask nobody for. */
const mayBeTheBrowser = /^(blocked: denied|notRunning: prompt)$/;
const namespace = ["--net", "--mount", "--propagation", "private"];
const inside = `
  ip link set lo up && ip address add ${publicAddress}/32 dev lo &&
  mount -t tmpfs tmpfs /mnt && cp -a /etc /mnt/etc && mount --bind /mnt/etc /etc &&
  rm -rf /etc/opt /etc/chromium/policies /etc/firefox && mkdir /etc/opt &&
  exec "$@"`;

const whyNot = await reasonToSkip();
if (whyNot !== undefined) console.warn(`skipped: pages from the internet in a browser: ${whyNot}`);

describe.skipIf(whyNot !== undefined)("a POS page from the internet", () => {
  let found: Findings;
  let home: string;
  let bundle: Bundle;

  beforeAll(async () => {
    bundle = await openBundle();
    home = await mkdtemp(join(tmpdir(), "home-"));
    const { PATH = "" } = process.env;
    const program = [process.execPath, join(checkout, "test/browser/in-namespace.ts")];
    const { stdout } = await run("unshare", [...namespace, "sh", "-c", inside, "sh", ...program], {
      env: { PATH, HOME: home, TMPDIR: tmpdir(), PUBLIC_ADDRESS: publicAddress, BUNDLE: bundle.folder },
      maxBuffer: 64 * 1024 * 1024,
    });
    // Written by in-namespace.ts as exactly this.
    found = JSON.parse(stdout) as Findings;
  });

  afterAll(async () => {
    await bundle.remove();
    await rm(home, { recursive: true });
  });

  test("is kept from the till by Chromium, and its client says that it is the browser, or may be", () => {
    const { states, console: heard } = found.withoutPolicy;
    expect(states.at(-1)).toMatch(mayBeTheBrowser);
    expect(states).not.toContain("notRunning");
    expect(heard.join("\n")).toContain("ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS");
  });

  test("learns no more from this Chromium, which can ask nobody, when there is no till", () => {
    const { states, console: heard } = found.withoutTill;
    expect(states.at(-1)).toMatch(mayBeTheBrowser);
    expect(heard.join("\n")).toContain("ERR_CONNECTION_REFUSED");
  });

  test("is told that the till is not running, and nothing of the browser, once it comes from this computer", () => {
    expect(found.fromHereWithoutTill.states).toEqual(["notRunning"]);
  });

  test("is connected once the policies of the installer are there, without a question", () => {
    expect(found.withPolicy.states.at(-1)).toBe("ready");
  });

  test("is kept out again when they are gone, and nothing of them stays in /etc", () => {
    expect(found.afterRemoval.states.at(-1)).toMatch(mayBeTheBrowser);
    expect(found.etcAfter).toBe(found.etcBefore);
  });

  test("is in each case what the doctor says of Chromium", () => {
    expect(found.policyStates).toEqual(["missing", "inForce", "missing"]);
  });
});

async function reasonToSkip(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "only root can make a network namespace";
  return run("unshare", [...namespace, "ip", "link", "set", "lo", "up"]).then(
    () => undefined,
    () => "this system lets nobody make a network namespace",
  );
}
