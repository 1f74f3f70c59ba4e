import { BridgeError } from "../../daemon/protocol/errors.ts";
import type { MerchantTag, TagGateway } from "../../daemon/pairing/tag-gateway.ts";

/** MobilePay's codes of one sales unit, in memory, as unkind as the real one: slow, out of reach, taken by others. */
export class FakeTagGateway implements TagGateway {
  readonly merchantSerialNumber = "123456";
  /** Every call that reached it, in order. */
  readonly calls: string[] = [];
  readonly takenByOthers = new Set<string>();
  /** Done by the platform, but the answer is lost. */
  loseAnswers = false;
  unreachable = false;
  /** Codes that were made but are not listed yet. */
  listsLate = false;
  /** A call waits for it before it does anything. */
  gate: Promise<unknown> = Promise.resolve();
  readonly #tags = new Map<string, MerchantTag>();

  async mapSticker(beaconId: string, locationDescription: string): Promise<void> {
    await this.#called(`adopt ${beaconId} ${locationDescription}`);
    if (this.takenByOthers.has(beaconId)) throw new BridgeError("TAG_TAKEN");
    this.add(beaconId, `mobilepaypos://pos?id=${beaconId}&source=qr`, locationDescription);
    this.#answer();
  }

  async put(merchantQrId: string, locationDescription: string): Promise<void> {
    await this.#called(`put ${merchantQrId} ${locationDescription}`);
    this.add(
      merchantQrId,
      this.#tags.get(merchantQrId)?.qrContent ?? `https://qr.vipps.no/mc/${merchantQrId}`,
      locationDescription,
    );
    this.#answer();
  }

  async get(merchantQrId: string): Promise<MerchantTag | undefined> {
    await this.#called(`get ${merchantQrId}`);
    this.#answer();
    return this.listsLate ? undefined : this.#tags.get(merchantQrId);
  }

  async list(): Promise<readonly MerchantTag[]> {
    await this.#called("list");
    this.#answer();
    return [...this.#tags.values()];
  }

  add(merchantQrId: string, qrContent: string, locationDescription = "Counter"): void {
    const qrImageUrl = `https://qr.vipps.no/generate/${merchantQrId}.svg`;
    this.#tags.set(merchantQrId, { merchantQrId, locationDescription, qrContent, qrImageUrl });
  }

  async #called(call: string): Promise<void> {
    await this.gate;
    if (this.unreachable) throw new BridgeError("MOBILEPAY_UNREACHABLE");
    this.calls.push(call);
  }

  #answer(): void {
    if (this.loseAnswers) throw new BridgeError("MOBILEPAY_UNREACHABLE");
  }
}
