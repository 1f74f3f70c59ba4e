import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { userInfo } from "node:os";
import { join } from "node:path";
import { DevTools } from "./dev-tools.ts";

export interface BrowserOptions {
  /** Chromium, Chrome or Edge. */
  readonly program: string;
  /** For its profile, which begins empty. */
  readonly folder: string;
  /** With a window that a person can watch. */
  readonly isShown: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A browser with nothing in it, ended with us: it goes when the pipe to it closes. */
export interface BrowserProcess {
  /** Rejects with the browser's word for it when the page cannot be loaded. */
  open(url: string): Promise<Tab>;
  close(): Promise<void>;
}

export interface Tab {
  /** The value of a script, awaited. Rejects with what it threw, and with {@link TabLeft} when the page went away meanwhile. */
  run(script: string): Promise<unknown>;
  reload(): Promise<void>;
  /** PNG. */
  picture(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The page was left or closed before its script came to an end. */
export class TabLeft extends Error {
  constructor() {
    super("the page was left");
    this.name = "TabLeft";
  }
}

const size = { width: 1280, height: 900 };

export function startBrowser(options: BrowserOptions): BrowserProcess {
  const child = spawn(options.program, argumentsFor(options), {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    // What it keeps for its user goes where the rest of it is.
    env: { ...options.environment, XDG_CONFIG_HOME: options.folder, XDG_CACHE_HOME: options.folder },
  });
  const tools = new DevTools(child);
  return {
    open: (url) => openTab(tools, url),
    async close() {
      const ended = isOver(child) ? undefined : once(child, "exit");
      await tools.call("Browser.close", {}).catch(() => child.kill("SIGKILL"));
      await ended;
    },
  };
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function argumentsFor({ folder, isShown }: BrowserOptions): string[] {
  return [
    "--remote-debugging-pipe",
    `--user-data-dir=${join(folder, "browser")}`,
    `--window-size=${size.width},${size.height}`,
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    ...(isShown ? [] : ["--headless=new"]),
    // Chromium does not start with its sandbox as root.
    ...(userInfo().uid === 0 ? ["--no-sandbox"] : []),
  ];
}

async function openTab(tools: DevTools, url: string): Promise<Tab> {
  // The browser asks a person whether a site may talk to this machine; here that person has said yes.
  await tools.call("Browser.grantPermissions", { permissions: ["localNetworkAccess"] }).catch(() => undefined);
  const { targetId } = await tools.call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await tools.call("Target.attachToTarget", { targetId, flatten: true });
  const call: DevTools["call"] = (method, params) => tools.call(method, params, sessionId);
  await call("Page.enable", {});
  const { errorText } = await call("Page.navigate", { url });
  if (errorText !== undefined) throw new Error(errorText);
  return {
    run: (script) => run(call, script),
    async reload() {
      const loaded = tools.event("Page.loadEventFired", sessionId);
      await call("Page.reload", {});
      await loaded;
    },
    picture: async () => Buffer.from((await call("Page.captureScreenshot", {})).data, "base64"),
    close: async () => void (await tools.call("Target.closeTarget", { targetId })),
  };
}

async function run(call: DevTools["call"], expression: string): Promise<unknown> {
  const wish = { expression, awaitPromise: true, returnByValue: true };
  const { result, exceptionDetails } = await call("Runtime.evaluate", wish).catch(() => {
    throw new TabLeft();
  });
  if (!exceptionDetails) return result.value;
  const [why] = (exceptionDetails.exception?.description ?? exceptionDetails.text).split("\n");
  throw new Error(why);
}
