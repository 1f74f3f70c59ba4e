/** The part of nfc-pcsc 0.8.1 that is used here; the package brings no types. */
declare module "nfc-pcsc" {
  import type { EventEmitter } from "node:events";

  interface Reader extends EventEmitter {
    readonly name: string;
    /** False: `card` comes as soon as the card is connected, and what is asked of it is our affair. */
    autoProcessing: boolean;
    logger: Logger;
    transmit(data: Buffer, responseMaxLength: number): Promise<Buffer>;
  }

  interface Logger {
    log(): void;
    debug(): void;
    info(): void;
    warn(): void;
    error(what: unknown): void;
  }

  /** Events: `reader` (Reader), `error` (Error). Reader's: `card` ({ atr?: Buffer }), `card.off`, `error` (Error), `end`. */
  class NFC extends EventEmitter {
    constructor();
    close(): void;
  }
}
