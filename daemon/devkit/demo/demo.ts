import { join } from "node:path";
import type { World } from "../../world.ts";
import { rememberTag } from "./shop-server.ts";
import { type DemoPorts, type ScanRequest, serveDemo } from "./demo-server.ts";
import { layScannerLine, type ScannerLine } from "./scanner-line.ts";
import { listenAsScanner } from "./simulated-scanner.ts";
import { type DemoDevice, shopName, writeSettings } from "./settings.ts";
import { TillPower } from "../till/till-power.ts";
import { registerWebhook } from "./webhook.ts";
import { defaultCredentials } from "../simulator/sales-unit.ts";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";

export interface DemoOptions {
  readonly world: World;
  /** Where the page is served on 127.0.0.1; 0 picks a free port. */
  readonly port: number;
  /** The till's folder. What is in it is gone on with. */
  readonly dataDir: string;
  /** The folder that holds the built pages. */
  readonly pagesDir: string;
  readonly nodePath: string;
  /** The program that is run as the daemon. */
  readonly mainFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Lets a page (by its origin) or a program (without) in; answers its token. */
  readonly addAccess: (name: string, origin?: string) => Promise<string>;
}

export interface Demo {
  readonly url: string;
  readonly phoneUrl: string;
  /** `simulated`: there was no pseudo-terminal to lay a serial line with. */
  readonly scanner: DemoDevice["driver"];
  close(): Promise<void>;
}

/** The number printed on the sticker of the demo's counter. */
const stickerId = "100000000000317";
const sticker = { content: `mobilepaypos://pos?id=${stickerId}&source=qr`, id: stickerId };

/** The whole shop: a stand-in for MobilePay with the customer's phone, a scanner that is no hardware, the daemon, and a till page. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const started = new AsyncDisposableStack();
  // What does not end in order ends with the process.
  const close = () => started.disposeAsync().catch(() => {});
  try {
    return { ...(await startShop(options, started)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startShop(options: DemoOptions, started: AsyncDisposableStack): Promise<Omit<Demo, "close">> {
  const { world, port, dataDir, pagesDir } = options;
  const shop = await shopName(dataDir, () => world.uuid());
  const simulator = await startSimulator({ world, pagesDir, shopName: "Demo shop" });
  started.defer(() => simulator.close());
  const scanner = await layScannerLine(join(dataDir, "scanner")).catch(() => listenAsScanner());
  started.defer(() => scanner.close());
  const server = await serveDemo(port, (origin) => openTill({ origin, shop, simulator, scanner, options }, started));
  started.defer(() => server.close());
  return { url: server.url, phoneUrl: phoneOf(simulator), scanner: scanner.device.driver };
}

interface Surroundings {
  readonly origin: string;
  readonly shop: string;
  readonly simulator: Simulator;
  readonly scanner: ScannerLine;
  readonly options: DemoOptions;
}

/** The daemon with its power switch, who may talk to it, and what its page can do to the world. */
async function openTill(
  { origin, shop, simulator, scanner, options }: Surroundings,
  started: AsyncDisposableStack,
): Promise<DemoPorts> {
  const { dataDir, pagesDir, addAccess } = options;
  const { customers } = simulator.platform;
  const pageToken = await addAccess("Demo till page", origin);
  const serverToken = await addAccess("Demo shop's server");
  const webhook = await registerWebhook(simulator.platform);
  const credentials = defaultCredentials;
  const settings = { origin, baseUrl: simulator.url, credentials, scanner: scanner.device, webhook };
  const power = new TillPower({ ...options, configFile: await writeSettings(dataDir, settings) });
  started.defer(() => power.stop());
  await power.on();
  await rememberTag(simulator.platform, power.url, serverToken);
  return {
    pageFolder: join(pagesDir, "till"),
    phoneOrigin: simulator.url,
    outside: () => ({
      shop,
      daemonUrl: power.url ?? "",
      token: pageToken,
      phoneUrl: phoneOf(simulator),
      power: power.url === undefined ? "off" : "on",
      sticker,
      phoneNumber: [...customers.keys()][0] ?? "",
    }),
    power: (on) => (on ? power.on() : power.off()),
    scan: (what) => {
      const text = textOf(what, customers);
      if (power.url === undefined || text === undefined) return false;
      scanner.scan(text);
      return true;
    },
  };
}

function textOf(
  what: ScanRequest,
  customers: ReadonlyMap<string, { readonly personalQr: string }>,
): string | undefined {
  if ("ean" in what) return what.ean;
  return "sticker" in what ? sticker.content : customers.get(what.phoneNumber)?.personalQr;
}

function phoneOf({ url }: Simulator): string {
  return `${url}/phone/`;
}
