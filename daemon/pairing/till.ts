import type { BridgeEvent } from "../protocol/events.ts";
import type { PaymentMethod, Terminal, TillView } from "../protocol/values.ts";
import type { TillEvent, TillStore } from "./till-store.ts";
import { SerialQueue } from "../serial-queue.ts";

/** Who this till is, from the configuration. */
export interface TillIdentity {
  readonly tillId: string;
  readonly name: string;
  /** What the payment method is called until it is given a name: "MobilePay" or "Vipps". */
  readonly brand: string;
}

/** The till: its tag and its payment method. Each change is durable before it is answered, then published as `till.changed`. */
export interface Till {
  view(): TillView;
  setPaymentMethod(change: PaymentMethodChange): Promise<TillView>;
  register(terminal: Terminal): Promise<TillView>;
  remove(): Promise<TillView>;
}

/** A field that is left out or undefined stays as it is. */
export type PaymentMethodChange = { readonly [Field in keyof PaymentMethod]?: PaymentMethod[Field] | undefined };

/** Reads what has happened to the till from the store. Rejects with `JOURNAL_FAILED` as the store does. */
export async function openTill(
  identity: TillIdentity,
  store: TillStore,
  emit: (event: BridgeEvent) => void,
): Promise<Till> {
  let facts = foldTill(identity.brand, await store.events());
  const writing = new SerialQueue();
  const view = () => viewOf(identity, facts);

  /** One change at a time, each made from what the one before has left. */
  function change(next: (facts: TillFacts) => TillEvent | undefined): Promise<TillView> {
    return writing.run(async () => {
      const event = next(facts);
      if (event === undefined) return view();
      await store.append(event);
      facts = applyTill(facts, event);
      emit({ event: "till.changed", params: { till: view() } });
      return view();
    });
  }

  return {
    view,
    setPaymentMethod: (changes) => change((facts) => paymentMethodSet(facts, changes)),
    register: (terminal) => change((facts) => registered(facts, terminal)),
    remove: () => change((facts) => (facts.terminal === undefined ? undefined : { type: "removed" })),
  };
}

interface TillFacts {
  readonly paymentMethod: PaymentMethod;
  readonly terminal?: Terminal;
}

function foldTill(brand: string, events: readonly TillEvent[]): TillFacts {
  const unused: PaymentMethod = { displayName: brand, account: "", useInTill: false, quickButton: false };
  return events.reduce<TillFacts>(applyTill, { paymentMethod: unused });
}

function applyTill(facts: TillFacts, event: TillEvent): TillFacts {
  switch (event.type) {
    case "paymentMethodSet":
      return { ...facts, paymentMethod: event.paymentMethod };
    case "registered":
      return { ...facts, terminal: event.terminal };
    case "removed":
      return { paymentMethod: facts.paymentMethod };
    default:
      // A later version's.
      return facts;
  }
}

function paymentMethodSet({ paymentMethod: old }: TillFacts, changes: PaymentMethodChange): TillEvent | undefined {
  const paymentMethod: PaymentMethod = {
    displayName: changes.displayName ?? old.displayName,
    account: changes.account ?? old.account,
    useInTill: changes.useInTill ?? old.useInTill,
    quickButton: changes.quickButton ?? old.quickButton,
  };
  return same(paymentMethod, old) ? undefined : { type: "paymentMethodSet", paymentMethod };
}

/** The same tag registered again keeps the time of its first registration, and is written only when something else is new. */
function registered({ terminal: old }: TillFacts, terminal: Terminal): TillEvent | undefined {
  if (old !== undefined && same({ ...terminal, registeredAt: old.registeredAt }, old)) return undefined;
  return { type: "registered", terminal };
}

function same<Value extends object>(one: Value, other: Value): boolean {
  const entries = Object.entries(one);
  return (
    entries.length === Object.keys(other).length && entries.every(([key, value]) => Reflect.get(other, key) === value)
  );
}

function viewOf(identity: TillIdentity, { terminal, paymentMethod }: TillFacts): TillView {
  return { ...identity, paired: terminal !== undefined, ...(terminal && { terminal }), paymentMethod };
}
