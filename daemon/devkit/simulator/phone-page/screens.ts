import type { CustomerShown, PaymentShown, SimulatorState } from "../shown.ts";

/** What the person has opened. A payment request covers it. */
export type Opened =
  | { readonly name: "home" | "tags" | "codes" | "myCode" | "portal" }
  | { readonly name: "connected"; readonly place: string }
  | { readonly name: "message"; readonly tone: "good" | "bad"; readonly title: string; readonly text: string };

/** A payment that is being asked for. `waiting`: how many more are. */
export interface Asked {
  readonly name: "request" | "processing";
  readonly payment: PaymentShown;
  readonly waiting: number;
}

/** What is on the screen. */
export type PhoneScreen = Opened | Asked;

/** The screen for a customer: what asks for an answer comes first, then what was opened. */
export function screenFor(state: SimulatorState, customer: CustomerShown, opened: Opened): PhoneScreen {
  const open = state.payments.filter((one) => one.state === "CREATED" && one.customer === customer.phoneNumber);
  const [payment] = open;
  if (!payment) return opened;
  return { name: payment.authorizing ? "processing" : "request", payment, waiting: open.length - 1 };
}

/** What to say when the request that was on the screen has ended, and not by a tap on this phone. */
export function endedElsewhere(state: SimulatorState, reference: string): Opened | undefined {
  const payment = state.payments.find((one) => one.reference === reference);
  if (payment?.state === "TERMINATED") {
    return {
      name: "message",
      tone: "bad",
      title: "Withdrawn",
      text: "The shop took the request back. You have not paid.",
    };
  }
  if (payment?.state === "EXPIRED") {
    return {
      name: "message",
      tone: "bad",
      title: "Time ran out",
      text: "The request is no longer valid. You have not paid.",
    };
  }
  return payment?.state === "AUTHORIZED" ? paid(payment, state.shop.name) : undefined;
}

/** The screen after an approval. */
export function paid(payment: PaymentShown, shop: string): Opened {
  return { name: "message", tone: "good", title: money(payment.amount), text: `Approved. Thank you from ${shop}.` };
}

const locales: Readonly<Record<string, string>> = { DKK: "da-DK", EUR: "fi-FI", NOK: "nb-NO" };

/** Minor units as people of the market write them. */
export function money({ currency, value }: PaymentShown["amount"]): string {
  return new Intl.NumberFormat(locales[currency] ?? "en", { style: "currency", currency }).format(value / 100);
}

/** A line of the history. */
interface PastLine {
  readonly amount: string;
  readonly outcome: string;
}

/** The customer's last payments, newest first, each with what became of it. */
export function history(state: SimulatorState, customer: CustomerShown): PastLine[] {
  return state.payments
    .filter((one) => one.customer === customer.phoneNumber && one.state !== "CREATED")
    .slice(-5)
    .reduce<PastLine[]>((later, one) => [{ amount: money(one.amount), outcome: outcome(one) }, ...later], []);
}

function outcome(payment: PaymentShown): string {
  const { currency } = payment.amount;
  if (payment.state === "ABORTED") return "You said no";
  if (payment.state === "EXPIRED") return "Time ran out";
  if (payment.state === "TERMINATED") return "Withdrawn by the shop";
  if (payment.refunded > 0) return `${money({ currency, value: payment.refunded })} given back`;
  if (payment.captured > 0) return "Paid";
  return payment.cancelled > 0 ? "Released" : "Reserved";
}
