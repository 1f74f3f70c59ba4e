import type { Logger } from "../log/logger.ts";
import { BridgeError } from "../protocol/errors.ts";
import type { BridgeEvent } from "../protocol/events.ts";
import type { World } from "../world.ts";
import { findByContent, notThisShops, refusal } from "./find-tag.ts";
import { meaningOf, presentable, recognise } from "./tag.ts";
import type { MerchantTag, TagGateway } from "./tag-gateway.ts";

export type ScanSource = "scanner" | "nfc";

interface Ports {
  readonly tags: TagGateway;
  readonly world: World;
  readonly log: Logger;
  readonly emit: (event: BridgeEvent) => void;
}

/** The time in which the next read is taken as the till's tag. Ends with the tag, when it is stopped, or when its time is up. */
export interface PairingWindow {
  start(timeoutSeconds: number): void;
  stop(): void;
  active(): boolean;
  /** Whether the read was taken. One that is refused is taken as well: it was meant for pairing, and listening goes on. */
  take(content: string, source: ScanSource): boolean;
}

export function createPairingWindow({ tags, world, log, emit }: Ports): PairingWindow {
  let ending: AbortController | undefined;
  let lookingUp = false;

  function start(timeoutSeconds: number): void {
    stop();
    const window = new AbortController();
    ending = window;
    void world.sleep(timeoutSeconds * 1000, window.signal).then(() => {
      if (ending === window) stop();
    });
  }

  function stop(): void {
    ending?.abort();
    ending = undefined;
  }

  function take(content: string, source: ScanSource): boolean {
    if (ending === undefined) return false;
    const scanned = recognise(content);
    if (scanned.kind === "sticker") accept(content, source, scanned.beaconId, "mobilepaypos");
    else if (scanned.kind === "printedId") accept(content, source, scanned.beaconId, "printedId");
    else if (scanned.kind === "callback") void lookUp(content, source, ending);
    else refuse(content, source, refusal(content));
    return true;
  }

  function accept(content: string, source: ScanSource, tagId: string, format: string): void {
    stop();
    emit({ event: "pairing.tagRead", params: { source, tagId, content: content.trim(), format } });
  }

  function refuse(content: string, source: ScanSource, message: string): void {
    const meaning = meaningOf(recognise(content));
    emit({ event: "pairing.tagRefused", params: { source, content: presentable(content), meaning, message } });
  }

  /** Only MobilePay can tell a till's code from others like it. One question at a time. */
  async function lookUp(content: string, source: ScanSource, asked: AbortController): Promise<void> {
    if (lookingUp) return refuse(content, source, "The code before is still being looked up. Scan again in a moment.");
    lookingUp = true;
    const answer = await askWhose(content.trim());
    lookingUp = false;
    if (ending !== asked) return;
    if (answer === "not answered")
      refuse(content, source, "MobilePay could not be asked whose code this is. Scan it again.");
    else if (answer === undefined) refuse(content, source, notThisShops);
    else accept(content, source, answer.merchantQrId, "callback");
  }

  async function askWhose(content: string): Promise<MerchantTag | undefined | "not answered"> {
    try {
      return await findByContent(tags, content);
    } catch (error) {
      log.warn("tag not looked up", { reason: error instanceof BridgeError ? error.code : "unexpected" });
      return "not answered";
    }
  }

  return { start, stop, active: () => ending !== undefined, take };
}
