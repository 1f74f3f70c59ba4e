import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Credentials } from "../simulator/sales-unit.ts";
import type { DemoWebhook } from "./webhook.ts";

interface Shop {
  readonly origin: string;
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly scanner: DemoDevice;
  readonly webhook: DemoWebhook;
}

/** The scanner as the daemon is told of it. */
export type DemoDevice =
  | { readonly driver: "serial-scanner"; readonly path: string; readonly baudRate: number }
  | { readonly driver: "simulated"; readonly name: string; readonly socket: string };

/** Short, because a person who plays a power cut does not want to wait half a minute; time enough to press "Go on". */
const abandonAfterSeconds = 8;

/** Writes the till's configuration into `dataDir`. Answers the file's name. */
export async function writeSettings(
  dataDir: string,
  { origin, baseUrl, credentials, scanner, webhook }: Shop,
): Promise<string> {
  const settings = {
    till: { id: "kassa-1", name: "Kassa 1" },
    dataDir,
    listen: { port: 0 },
    origins: [origin],
    mobilepay: { baseUrl, ...credentials, currency: "DKK", brand: "MobilePay" },
    checkIn: { mode: "webhook", url: webhook.url, secret: webhook.secret, listen: { port: webhook.port } },
    recovery: { abandonAfterSeconds },
    devices: [scanner],
    log: { level: "info", file: join(dataDir, "demo.log") },
  };
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, "tillbridge.json");
  await writeFile(file, JSON.stringify(settings, null, 2), { mode: 0o600 });
  return file;
}

/** The name of the shop in this folder: what a page kept for another shop is of no use here. */
export async function shopName(dataDir: string, uuid: () => string): Promise<string> {
  const file = join(dataDir, "demo-shop");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch {
    const name = uuid();
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await writeFile(file, name, { mode: 0o600 });
    return name;
  }
}
