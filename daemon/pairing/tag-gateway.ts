/**
 * What pairing needs of MobilePay's QR API (merchant callback codes). Throws `BridgeError`: `TAG_TAKEN` (409),
 * `MOBILEPAY_REFUSED` (any other definite no), `MOBILEPAY_UNREACHABLE` (no usable answer; repeating is harmless).
 */
export interface TagGateway {
  readonly merchantSerialNumber: string;
  /** Maps an old MobilePay sticker (its beacon id: 15 digits or a GUID) to this sales unit. Repeating is harmless. */
  mapSticker(beaconId: string, locationDescription: string): Promise<void>;
  /** Makes a new code, or changes the description of one that exists. `locationDescription` is at most 36 characters. */
  put(merchantQrId: string, locationDescription: string): Promise<void>;
  /** Undefined when the sales unit has no such code. */
  get(merchantQrId: string): Promise<MerchantTag | undefined>;
  list(): Promise<readonly MerchantTag[]>;
}

/** `qrContent` is the text in the code: opaque. `qrImageUrl` may change: ask again before showing it. */
export interface MerchantTag {
  readonly merchantQrId: string;
  readonly locationDescription: string;
  readonly qrContent: string;
  readonly qrImageUrl: string;
}
