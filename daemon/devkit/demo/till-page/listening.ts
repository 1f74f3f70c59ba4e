import type { StampedEvent } from "../../../protocol/client.ts";
import { goodOf } from "./goods.ts";
import type { Paying } from "./paying.ts";
import type { Recovering } from "./recovering.ts";
import type { Refunding } from "./refunding.ts";
import type { RingingUp } from "./ringing-up.ts";
import type { SettlingIn } from "./settling-in.ts";
import type { Noted, TillPageStore } from "./state.ts";

const notedMax = 60;

interface Listeners {
  readonly store: TillPageStore;
  readonly ringingUp: RingingUp;
  readonly paying: Paying;
  readonly refunding: Refunding;
  readonly recovering: Recovering;
  readonly settlingIn: SettlingIn;
}

/** Hands each event of the daemon to whoever it is for, and notes it in the strip. */
export function hear(event: StampedEvent, listeners: Listeners): void {
  const { store, paying, refunding, recovering, settlingIn, ringingUp } = listeners;
  note(store, event);
  switch (event.event) {
    case "payment.changed":
      return paying.followed(event.params.payment);
    case "refund.changed":
      return refunding.told(event.params.refund);
    case "recovery.changed":
      return recovering.told(event.params.item);
    case "till.changed":
      return store.change({ till: event.params.till });
    case "device.changed":
      return store.change({ devices: withDevice(store, event.params.device) });
    case "journal.changed":
      return store.change({ notice: journalNotice(event.params.journal) });
    case "mobilePay.changed":
      return troubled(event.params.mobilePay.trouble?.message, store);
    case "pairing.tagRead":
      return settlingIn.read(event.params.content);
    case "pairing.tagRefused":
      return settlingIn.refused(event.params.message);
    case "scan.read":
      return scanned(event.params, store, ringingUp);
    case "checkIn.received":
    case "device.claimChanged":
    case "nfc.read":
      return undefined;
  }
}

function troubled(message: string | undefined, store: TillPageStore): void {
  if (message !== undefined) store.change({ notice: message });
}

function journalNotice({ state, detail }: { state: "ok" | "failed"; detail?: string | undefined }): string {
  return state === "failed"
    ? `No MobilePay payment can be started now: ${detail ?? "the journal failed"}.`
    : "MobilePay payments can be started again.";
}

type Scan = Extract<StampedEvent, { event: "scan.read" }>["params"];

/** Goods go into the basket. What the payment or the pairing has taken is none of the basket's business. */
function scanned({ data, meaning, handledBy }: Scan, store: TillPageStore, ringingUp: RingingUp): void {
  if (handledBy !== undefined) return;
  const { sale, overlay } = store.state;
  const good = goodOf(data);
  if (overlay === "payment" || (sale && !sale.rungUpAgain)) return;
  if (good) ringingUp.add(good.ean);
  else if (meaning === "product") store.change({ notice: `No goods with the code ${data}.` });
  else store.change({ notice: "That was not a barcode of goods." });
}

function withDevice({ state }: TillPageStore, device: (typeof state.devices)[number]) {
  return [...state.devices.filter(({ deviceId }) => deviceId !== device.deviceId), device];
}

function note(store: TillPageStore, event: StampedEvent): void {
  const noted: Noted = { seq: event.params.seq, event: event.event, words: wordsOf(event) };
  store.change({ noted: [noted, ...store.state.noted].slice(0, notedMax) });
}

function wordsOf(event: StampedEvent): string {
  switch (event.event) {
    case "payment.changed":
      return event.params.payment.state;
    case "refund.changed":
      return event.params.refund.state;
    case "recovery.changed":
      return event.params.item.resolved ? "resolved" : event.params.item.situation;
    case "till.changed":
      return event.params.till.paired ? "paired" : "not paired";
    case "mobilePay.changed":
      return event.params.mobilePay.trouble?.reason ?? event.params.mobilePay.state;
    case "device.changed":
      return `${event.params.device.name} ${event.params.device.state}`;
    case "device.claimChanged":
      return event.params.holder?.client ?? "nobody";
    case "journal.changed":
      return event.params.journal.state;
    case "scan.read":
      return [event.params.meaning, event.params.symbology, event.params.handledBy].filter(Boolean).join(", ");
    case "pairing.tagRead":
      return event.params.format;
    case "pairing.tagRefused":
      return event.params.meaning;
    case "checkIn.received":
      return scanWords(event.params);
    case "nfc.read":
      return event.params.meaning;
  }
}

/** The cashier should see that somebody else's phone may have been asked. */
function scanWords({ waiting, others }: { readonly waiting: boolean; readonly others: number }): string {
  const whose = waiting ? "for this sale" : "kept for the next sale";
  return others === 0 ? whose : `${whose}; ${others} more scanned, the newest counts`;
}
