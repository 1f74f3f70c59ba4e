import { PlatformRefusal } from "./errors.ts";

/** A code on a counter: what a customer scans to connect to a till. */
export interface MerchantQr {
  readonly merchantQrId: string;
  readonly merchantSerialNumber: string;
  /** The text of the code. Opaque. */
  readonly qrContent: string;
  locationDescription: string;
}

/** Codes kept for the shop; a chain has some hundreds. */
const codesMax = 10_000;

/** The merchant callback codes, old MobilePay stickers among them. */
export class MerchantQrs {
  readonly #byId = new Map<string, MerchantQr>();
  readonly #uuid: () => string;

  constructor(uuid: () => string) {
    this.#uuid = uuid;
  }

  /** Creates a code or changes its description; the code itself never changes. */
  put(msn: string, merchantQrId: string, locationDescription: string): MerchantQr {
    const existing = this.#byId.get(merchantQrId);
    if (existing && existing.merchantSerialNumber !== msn) throw taken(merchantQrId);
    if (existing) {
      existing.locationDescription = locationDescription;
      return existing;
    }
    return this.#add(msn, merchantQrId, locationDescription);
  }

  #add(msn: string, merchantQrId: string, locationDescription: string): MerchantQr {
    if (this.#byId.size >= codesMax) throw new PlatformRefusal(500, "Internal Server Error", []);
    const made: MerchantQr = {
      merchantQrId,
      merchantSerialNumber: msn,
      qrContent: `https://qr.vipps.no/mc/${this.#uuid().replaceAll("-", "")}`,
      locationDescription,
    };
    this.#byId.set(merchantQrId, made);
    return made;
  }

  get(msn: string, merchantQrId: string): MerchantQr {
    const code = this.#byId.get(merchantQrId);
    if (code?.merchantSerialNumber !== msn) throw new PlatformRefusal(404, "Not Found", []);
    return code;
  }

  list(msn: string): MerchantQr[] {
    return [...this.#byId.values()].filter((code) => code.merchantSerialNumber === msn);
  }

  remove(msn: string, merchantQrId: string): void {
    this.get(msn, merchantQrId);
    this.#byId.delete(merchantQrId);
  }

  /** The registered code that a customer scanned: its own text, the text of an old sticker, or the bare id. */
  scanned(content: string): MerchantQr | undefined {
    const oldId = /^mobilepaypos:\/\/pos\?.*\bid=([^&]+)/i.exec(content)?.[1];
    return this.#byId.get(oldId ?? content) ?? [...this.#byId.values()].find((code) => code.qrContent === content);
  }
}

/** The sticker belongs to another sales unit. This answer has a shape of its own: `{id}`. */
function taken(id: string): PlatformRefusal {
  return new PlatformRefusal(409, "Conflict", [{ name: "id", reason: id }]);
}
