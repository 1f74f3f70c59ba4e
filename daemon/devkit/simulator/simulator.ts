import type { IncomingMessage, ServerResponse } from "node:http";
import type { World } from "../../world.ts";
import { Api } from "./api/api.ts";
import { SimulatorClock } from "./clock.ts";
import { Faults } from "./faults.ts";
import { serveApi } from "./http/api-server.ts";
import { isControl, serveControl } from "./http/control.ts";
import { listenOnLoopback, stopListening } from "../http/http-server.ts";
import { RequestLog } from "./http/request-log.ts";
import { sendWebhook } from "./http/send-webhook.ts";
import { SimulatedPlatform } from "./platform/platform.ts";
import { type Credentials, type WalletCurrency, defaultSalesUnit, type Features } from "./sales-unit.ts";

/** All but the world has a default. */
export interface SimulatorOptions {
  readonly world: World;
  /** 0, the default, picks a free port. Always on 127.0.0.1. */
  readonly port?: number;
  readonly credentials?: Partial<Credentials>;
  /** The market. Default DKK. */
  readonly currency?: WalletCurrency;
  readonly features?: Partial<Features>;
  /** The hour at which a date of the ledger begins, where the shop is. Default 0. */
  readonly ledgerStartsAtHour?: number;
  /** The shop's name as the app shows it. */
  readonly shopName?: string;
  /** Default 3600, as in the platform's test environment. */
  readonly tokenLifeSeconds?: number;
  /** Seed of the dice for faults planned with a probability. */
  readonly seed?: number;
  /** The folder that holds the built `phone-page`; without it `GET /phone` is not found. */
  readonly pagesDir?: string;
}

/** A running stand-in for Vipps MobilePay. */
export interface Simulator {
  /** `http://127.0.0.1:<port>`: the `mobilepay.baseUrl` to configure. */
  readonly url: string;
  /** The platform itself: its payments, codes and webhooks, and `phone`, which plays the customers. */
  readonly platform: SimulatedPlatform;
  readonly faults: Faults;
  readonly clock: SimulatorClock;
  /** The last requests to the API. */
  readonly requests: RequestLog;
  /** Stops listening and ends everything that would happen later. */
  close(): Promise<void>;
}

/** Starts the simulator. Rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const closing = new AbortController();
  const clock = new SimulatorClock(options.world);
  const faults = new Faults(options.seed);
  const requests = new RequestLog();
  let url = "";
  const platform = new SimulatedPlatform({
    unit: salesUnit(options),
    clock,
    faults,
    sendWebhook,
    closed: closing.signal,
    tokenLifeSeconds: options.tokenLifeSeconds ?? 3600,
    uuid: () => options.world.uuid(),
    publicUrl: () => url,
  });
  const served = { api: new Api(platform), platform, faults, clock, log: requests, closed: closing.signal };
  const pagesDir = options.pagesDir;
  const handle = (request: IncomingMessage, response: ServerResponse, body: string) =>
    isControl(request.url ?? "/")
      ? serveControl({ ...served, ...(pagesDir === undefined ? {} : { pagesDir }), url }, request, response, body)
      : serveApi(served, request, response, body);
  const { server, port } = await listenOnLoopback(options.port ?? 0, handle);
  url = `http://127.0.0.1:${port}`;
  const close = () => {
    closing.abort();
    return stopListening(server);
  };
  return { url, platform, faults, clock, requests, close };
}

function salesUnit({ credentials, currency, features, shopName, ledgerStartsAtHour }: SimulatorOptions) {
  return {
    name: shopName ?? defaultSalesUnit.name,
    currency: currency ?? defaultSalesUnit.currency,
    credentials: { ...defaultSalesUnit.credentials, ...credentials },
    features: { ...defaultSalesUnit.features, ...features },
    ledgerStartsAtHour: ledgerStartsAtHour ?? defaultSalesUnit.ledgerStartsAtHour,
  };
}
