import type { Logger } from "../log/logger.ts";
import type { BridgeEvent } from "../protocol/events.ts";
import type { Params } from "../protocol/methods.ts";
import type { TillView } from "../protocol/values.ts";
import type { World } from "../world.ts";
import { findTag } from "./find-tag.ts";
import type { TagGateway } from "./tag-gateway.ts";
import type { Till } from "./till.ts";
import { createPairingWindow, type ScanSource } from "./pairing-window.ts";
import { SerialQueue } from "../serial-queue.ts";

export interface PairingPorts {
  readonly till: Till;
  readonly tags: TagGateway;
  readonly world: World;
  readonly log: Logger;
  readonly emit: (event: BridgeEvent) => void;
}

/** Pairs the till with the tag on its counter. */
export interface Pairing {
  /** Takes the next scan or tap as the till's tag, for 120 s when no time is given. Starting again starts the time again. */
  start(timeoutSeconds?: number): void;
  cancel(): void;
  listening(): boolean;
  /** A read while pairing may be listening. What comes of it is published as `pairing.tagRead` or `pairing.tagRefused`. */
  takeScan(content: string, source: ScanSource): { readonly handled: boolean };
  /**
   * Registers a tag with MobilePay, or makes a new code. Answers when it is durable. Throws `TAG_NOT_RECOGNISED` and what
   * the gateway and the journal throw; after any of them the same call can be made again.
   */
  register(request: Params<"pairing.register">): Promise<TillView>;
  remove(): Promise<TillView>;
}

export function createPairing(ports: PairingPorts): Pairing {
  const { till, log } = ports;
  const window = createPairingWindow(ports);
  const underWay = new Map<string, Promise<TillView>>();
  const queue = new SerialQueue();

  /** One call to MobilePay after the other; a request that is already under way is not made a second time. */
  function once(key: string, act: () => Promise<TillView>): Promise<TillView> {
    const same = underWay.get(key);
    if (same) return same;
    const done = queue.run(act).finally(() => underWay.delete(key));
    underWay.set(key, done);
    return done;
  }

  async function register(request: Params<"pairing.register">): Promise<TillView> {
    const tag = await findTag(ports, request);
    const view = await till.register({
      // MobilePay knows no till but its code: the code's id is what its answer names the till by.
      terminalId: tag.merchantQrId,
      merchantSerialNumber: ports.tags.merchantSerialNumber,
      tagId: tag.merchantQrId,
      tagContent: tag.qrContent,
      locationDescription: request.locationDescription,
      registeredAt: new Date(ports.world.now()).toISOString(),
    });
    window.stop();
    log.info("till paired", { tagId: tag.merchantQrId });
    return view;
  }

  return {
    start: (timeoutSeconds = 120) => window.start(timeoutSeconds),
    cancel: () => window.stop(),
    listening: () => window.active(),
    takeScan: (content, source) => ({ handled: window.take(content, source) }),
    register: (request) => once(JSON.stringify(request), () => register(request)),
    remove: () => once("remove", () => till.remove()),
  };
}
