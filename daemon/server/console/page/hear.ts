import type { StampedEvent } from "../../../protocol/client.ts";
import type { Seen, ConsoleState, ConsoleStore } from "./state.ts";

const seenMax = 6;
const paymentsMax = 50;

/** Puts the till's events into what the page shows. */
export function hear(event: StampedEvent, store: ConsoleStore): void {
  const { state } = store;
  switch (event.event) {
    case "payment.changed":
      return store.change({ payments: withNewest(state.payments, event.params.payment) });
    case "recovery.changed": {
      const { item } = event.params;
      return store.change({ recovery: { ...state.recovery, [item.paymentId]: item } });
    }
    case "mobilePay.changed":
      return store.change({ health: state.health && { ...state.health, mobilePay: event.params.mobilePay } });
    case "till.changed":
      return store.change({ till: event.params.till });
    case "scan.read":
    case "nfc.read":
      return saw(seenIn(event), store);
    case "pairing.tagRead":
      return store.change({ pairing: { step: "read", tag: event.params.tagId } });
    case "pairing.tagRefused":
      return store.change({ pairing: { ...state.pairing, trouble: refusals[event.params.meaning] } });
    default:
      return undefined;
  }
}

const refusals = {
  product: "refusedProduct",
  customerQr: "refusedCustomer",
  tillTag: "refusedTag",
  unknown: "refusedUnknown",
} as const;

function saw(seen: Seen, store: ConsoleStore): void {
  const others = store.state.seen.filter(({ seq }) => seq !== seen.seq);
  store.change({ seen: [seen, ...others].toSorted((one, other) => other.seq - one.seq).slice(0, seenMax) });
}

/** A customer's code stands for the customer, some with the phone number in it: it is not kept. */
function seenIn({ params }: Extract<StampedEvent, { event: "scan.read" | "nfc.read" }>): Seen {
  const { seq, at, meaning, handledBy } = params;
  const read =
    "uid" in params
      ? ({ kind: "tap", content: params.records.map(({ value }) => value).join(" ") || params.uid } as const)
      : ({ kind: "scan", content: params.data, symbology: params.symbology } as const);
  return {
    seq,
    at,
    meaning,
    kind: read.kind,
    ...(meaning !== "customerQr" && { content: read.content }),
    ...("symbology" in read && read.symbology !== undefined && { symbology: read.symbology }),
    ...(handledBy && { handledBy }),
  };
}

function withNewest(
  payments: ConsoleState["payments"],
  payment: ConsoleState["payments"][string],
): ConsoleState["payments"] {
  const all = Object.values({ ...payments, [payment.paymentId]: payment });
  const newest = all.toSorted((one, other) => other.startedAt.localeCompare(one.startedAt)).slice(0, paymentsMax);
  return Object.fromEntries(newest.map((one) => [one.paymentId, one]));
}
