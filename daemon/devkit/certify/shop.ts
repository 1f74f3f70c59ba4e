import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withDeadline } from "../../deadline.ts";
import { type BridgeClient, connect, type PaymentView, type StampedEvent } from "../../protocol/client.ts";
import { freePort } from "../http/http-server.ts";
import { letIn } from "../till/let-in.ts";
import { daemonProgram, ownNode } from "../till/own-build.ts";
import { TillPower } from "../till/till-power.ts";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import type { World } from "../../world.ts";

/** The shop that a POS is tried in: MobilePay's stand-in, a daemon that can be killed, and an onlooker who sees every payment. */
export interface Shop {
  readonly simulator: Simulator;
  readonly power: TillPower;
  readonly url: string;
  /** The POS's. */
  readonly token: string;
  /** `recovery.abandonAfterSeconds` from now on; for another one the till's program is started anew. */
  abandonAfter(seconds: number): Promise<void>;
  readonly onlooker: BridgeClient;
  /** The payment of this sale as soon as it is in one of these states. Undefined when that does not happen in time. */
  payment(saleId: string, states: readonly PaymentView["state"][]): Promise<PaymentView | undefined>;
  close(): Promise<void>;
}

export interface ShopOptions {
  readonly world: World;
  /** Where the POS's page comes from; undefined for a program. */
  readonly origin: string | undefined;
  /** Where the till listens; 0 picks a free port. */
  readonly port: number;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long a POS may take for one thing, milliseconds. */
  readonly waitMs: number;
}

/** As in a shop. */
const usualSeconds = 30;

export async function openShop({
  world,
  folder,
  origin,
  port: wanted,
  environment,
  waitMs,
}: ShopOptions): Promise<Shop> {
  const simulator = await startSimulator({ world });
  const dataDir = join(folder, "till");
  // The same when the daemon is killed and started again.
  const port = wanted === 0 ? await freePort() : wanted;
  const configure = (seconds: number) => writeConfig({ dataDir, port, origin, seconds }, simulator);
  const configFile = await configure(usualSeconds);
  const power = new TillPower({ nodePath: ownNode(), mainFile: daemonProgram(), configFile, environment });
  const [token, onlookerToken] = [await letIn(dataDir, "POS", origin), await letIn(dataDir, "Onlooker")];
  await power.on();
  const url = `ws://127.0.0.1:${port}/v1`;
  const latest = new Map<string, PaymentView>();
  const watching = new Set<() => void>();
  const onlooker = connect({
    url,
    token: onlookerToken,
    client: { name: "tillbridge certify", version: "1" },
    onEvent: (event: StampedEvent) => {
      if (event.event !== "payment.changed") return;
      latest.set(event.params.payment.saleId, event.params.payment);
      for (const look of watching) look();
    },
  });
  await onlooker.call("till.get", {});

  async function payment(saleId: string, states: readonly PaymentView["state"][]): Promise<PaymentView | undefined> {
    const { promise, resolve } = Promise.withResolvers<PaymentView>();
    const look = () => {
      const found = latest.get(saleId);
      if (found && states.includes(found.state)) resolve(found);
    };
    watching.add(look);
    look();
    const found = await withDeadline(world, waitMs, promise, () => undefined);
    watching.delete(look);
    return found;
  }

  let configured = usualSeconds;
  async function abandonAfter(seconds: number): Promise<void> {
    if (seconds === configured) return;
    configured = seconds;
    await power.stop();
    await configure(seconds);
    await power.on();
    await onlooker.call("till.get", {});
  }

  async function close(): Promise<void> {
    onlooker.close();
    await power.stop();
    await simulator.close();
  }
  return { simulator, power, url, token, onlooker, abandonAfter, payment, close };
}

interface TillSettings {
  readonly dataDir: string;
  readonly port: number;
  readonly origin: string | undefined;
  readonly seconds: number;
}

async function writeConfig({ dataDir, port, origin, seconds }: TillSettings, simulator: Simulator): Promise<string> {
  const settings = {
    till: { id: "certify", name: "Certification" },
    dataDir,
    listen: { port },
    origins: origin === undefined ? [] : [origin],
    recovery: { abandonAfterSeconds: seconds },
    mobilepay: { baseUrl: simulator.url, ...simulator.platform.unit.credentials, currency: "DKK" },
    log: { level: "error", file: join(dataDir, "certify.log") },
  };
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, "tillbridge.json");
  await writeFile(file, JSON.stringify(settings), { mode: 0o600 });
  return file;
}
