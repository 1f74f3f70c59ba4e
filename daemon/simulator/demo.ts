import { join } from "node:path";
import type { World } from "../world.ts";
import { handInCheckIn } from "./demo/check-in-server.ts";
import { type DemoPorts, type Outside, serveDemo } from "./demo/demo-server.ts";
import { layScannerLine } from "./demo/scanner-line.ts";
import { shopName, writeSettings } from "./demo/settings.ts";
import { TillPower } from "./demo/till-power.ts";
import { defaultCredentials } from "./sales-unit.ts";
import { startSimulator } from "./simulator.ts";

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
  close(): Promise<void>;
}

/** The number printed on the sticker of the demo's counter. */
const stickerId = "100000000000317";
const sticker = { content: `mobilepaypos://pos?id=${stickerId}&source=qr`, id: stickerId };

/** The whole shop: a stand-in for MobilePay with the customer's phone, a scanner that is no hardware, the daemon, and a till page. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const undo: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).toReversed()) await step().catch(() => {});
  };
  try {
    return { ...(await startShop(options, undo)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startShop(options: DemoOptions, undo: (() => Promise<void>)[]): Promise<Omit<Demo, "close">> {
  const { world, port, dataDir, pagesDir, nodePath, mainFile, environment, addAccess } = options;
  const shop = await shopName(dataDir, () => world.uuid());
  const simulator = await startSimulator({ world, pagesDir, shopName: "Demo shop" });
  undo.push(() => simulator.close());
  const scanner = await layScannerLine(join(dataDir, "scanner"));
  undo.push(() => scanner.close());

  const openShop = async (origin: string): Promise<DemoPorts> => {
    const till = { origin, baseUrl: simulator.url, credentials: defaultCredentials, scannerPath: scanner.path };
    const configFile = await writeSettings(dataDir, till);
    const token = await addAccess("Demo till page", origin);
    const serverToken = await addAccess("Demo shop's server");
    const power = new TillPower({ nodePath, mainFile, configFile, environment });
    undo.push(() => power.stop());
    await power.on();
    const stop = simulator.platform.checkIns.listen((checkIn) => handInCheckIn(checkIn, power.url, serverToken));
    undo.push(async () => stop());

    const [customer] = [...simulator.platform.customers.values()];
    const outside = (): Outside => ({
      shop,
      daemonUrl: power.url ?? "",
      token,
      phoneUrl: `${simulator.url}/phone/`,
      power: power.url === undefined ? "off" : "on",
      sticker,
      phoneNumber: customer?.phoneNumber ?? "",
    });
    return {
      pageFolder: join(pagesDir, "till"),
      phoneOrigin: simulator.url,
      outside,
      power: (on) => (on ? power.on() : power.off()),
      scan: (what) => {
        if (power.url === undefined) return false;
        scanner.scan("ean" in what ? what.ean : "sticker" in what ? sticker.content : (customer?.personalQr ?? ""));
        return true;
      },
    };
  };
  const server = await serveDemo(port, openShop);
  undo.push(() => server.close());
  return { url: server.url, phoneUrl: `${simulator.url}/phone/` };
}
