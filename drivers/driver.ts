/**
 * A driver is one connection to one device. `open` resolves when the device is ready and rejects when it cannot be opened;
 * `reads` yields what the device reads, in order, none twice, returns when `signal` aborts and throws `DeviceLost` when the
 * device goes away. A driver never reconnects: the supervisor does that, once for all.
 */
export interface Driver {
  readonly name: string;
  readonly kind: "scanner" | "nfc";
  /** `signal` ends the opening and, later, the connection. */
  open(signal: AbortSignal): Promise<DeviceConnection>;
  /**
   * Resolves when a device that was not there has come, or when `signal` aborts; never rejects. A driver that cannot tell
   * leaves it out: then the supervisor only tries at growing intervals.
   */
  arrival?(signal: AbortSignal): Promise<void>;
  /** Lets go of what is kept from one connection to the next. Called once, after the last of them is closed. */
  end?(): Promise<void>;
}

export interface DeviceConnection {
  /** For people, such as "Honeywell 1950g". */
  readonly name: string;
  /** Knows the same device again after a replug: serial number, by-id path or place on the bus. */
  readonly identity: string;
  reads(): AsyncIterable<DeviceRead>;
  /** When the read that was last taken had come from the device whole, on the monotonic clock. */
  arrivedMs?(): number;
  close(): Promise<void>;
}

/** A barcode as decoded text, with the symbology ("qr", "ean13" …) and AIM identifier ("]Q1") where the device sends them. */
export interface ScanRead {
  readonly kind: "scan";
  readonly data: string;
  readonly symbology?: string;
  readonly aim?: string;
  /** A GS1 label's fields by application identifier. */
  readonly gs1?: Readonly<Record<string, string>>;
}

/** An NFC tag: UID and, where the reader gives it, ATR as lower-case hex, and its NDEF records. */
export interface NfcRead {
  readonly kind: "tap";
  readonly uid: string;
  readonly atr?: string;
  readonly records: readonly { readonly type: string; readonly value: string }[];
}

/** A read that could not be made sense of; the device goes on. */
export interface FailedRead {
  readonly kind: "failed";
  readonly detail: string;
}

export type DeviceRead = ScanRead | NfcRead | FailedRead;

/** The device is not there, or went away: cable pulled, port gone, service stopped. `message` is shown to people: no paths. */
export class DeviceLost extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = "DeviceLost";
  }
}

/** The device is there but cannot be used until a person does something; `message` says what. No paths. */
export class DeviceFailed extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = "DeviceFailed";
  }
}
