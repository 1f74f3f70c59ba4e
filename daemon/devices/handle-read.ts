import type { DeviceRead, ScanRead, NfcRead } from "../../drivers/driver.ts";
import type { Logger } from "../log/logger.ts";
import type { BridgeEvent } from "../protocol/events.ts";
import { routeRead } from "./route-read.ts";

/** Who may take a read before the page does. */
export interface ReadConsumers {
  readonly pairing: {
    listening(): boolean;
    takeScan(content: string, source: "scanner" | "nfc"): { readonly handled: boolean };
  };
  readonly payments: {
    /** Whether a payment waits for the code that the customer shows. */
    wantsCustomerQr(): boolean;
    /** The full text of the code. False: no payment waited for it after all. */
    takeCustomerQr(content: string): Promise<boolean>;
  };
  /** The id of the tag that this till is paired with. */
  ownTagId(): string | undefined;
}

export interface ReadPorts {
  readonly consumers: ReadConsumers;
  readonly emit: (event: BridgeEvent) => void;
  readonly log: Logger;
}

/** Which device has read it, and whether it read the same just before. */
export interface ReadFrom {
  readonly deviceId: string;
  readonly repeated: boolean;
}

/** Gives a read to the consumer that waits for it, then publishes what was read and who took it. */
export async function handleRead(
  read: DeviceRead,
  { deviceId, repeated }: ReadFrom,
  { consumers, emit, log }: ReadPorts,
): Promise<void> {
  if (read.kind === "failed") return;
  const to = routeRead(textsOf(read), {
    pairingListens: consumers.pairing.listening(),
    paymentWantsCustomerQr: consumers.payments.wantsCustomerQr(),
    ownTagId: consumers.ownTagId(),
  });
  const taken = await offerTo(to, read, consumers).catch((error: unknown) => {
    log.error("a read was not taken", { deviceId, to: to.to, error });
    return undefined;
  });
  const common = {
    deviceId,
    meaning: to.meaning,
    ...(taken !== undefined && { handledBy: taken }),
    ...(repeated && { repeated }),
  };
  if (read.kind === "tap") emit({ event: "nfc.read", params: { ...common, ...tagOf(read) } });
  else emit({ event: "scan.read", params: { ...common, ...labelOf(read) } });
}

async function offerTo(
  to: ReturnType<typeof routeRead>,
  read: ScanRead | NfcRead,
  consumers: ReadConsumers,
): Promise<"pairing" | "payment" | undefined> {
  switch (to.to) {
    case "pairing":
      return consumers.pairing.takeScan(to.content, read.kind === "tap" ? "nfc" : "scanner").handled
        ? "pairing"
        : undefined;
    case "payment":
      return (await consumers.payments.takeCustomerQr(to.content)) ? "payment" : undefined;
    case "page":
      return undefined;
  }
}

function textsOf(read: ScanRead | NfcRead): string[] {
  return read.kind === "scan" ? [read.data] : read.records.map(({ value }) => value);
}

function tagOf({ uid, atr, records }: NfcRead) {
  return { uid, records: [...records], ...(atr !== undefined && { atr }) };
}

function labelOf({ data, symbology, aim, gs1 }: ScanRead) {
  return {
    data,
    ...(symbology !== undefined && { symbology }),
    ...(aim !== undefined && { aim }),
    ...(gs1 !== undefined && { gs1: { ...gs1 } }),
  };
}
