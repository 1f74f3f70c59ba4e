import { stageOf } from "../../../protocol/payment-stage.ts";
import type { Customer, PaymentState, PaymentView } from "../../../protocol/values.ts";

/** The ways to find the customer that need nothing typed, in the order they are offered. */
export const ways = [
  {
    by: "tillTag",
    icon: "sticker",
    title: "Code on the counter",
    text: "The customer scans the sticker by the till.",
  },
  {
    by: "customerQr",
    icon: "scanner",
    title: "The customer's code",
    text: "You scan the code on the customer's phone.",
  },
  { by: "screenQr", icon: "screen", title: "Code on this screen", text: "The customer scans a code shown here." },
] as const;

export interface Caption {
  readonly title: string;
  readonly text: string;
}

const waiting: Record<Customer["by"], Caption> = {
  tillTag: { title: "Ready for the customer", text: "Ask the customer to scan the code on the counter with the app." },
  customerQr: { title: "Scan the customer's code", text: "Ask the customer to open the app and show their code." },
  screenQr: { title: "Making a code", text: "It will be shown here in a moment." },
  phone: { title: "Finding the customer", text: "The number is on its way to the platform." },
};

const approval: Record<Customer["by"], Caption> = {
  tillTag: { title: "On the customer's phone", text: "The customer sees the amount and approves it." },
  customerQr: { title: "On the customer's phone", text: "The customer sees the amount and approves it." },
  screenQr: { title: "Scan the code", text: "Ask the customer to scan this code with the app and approve." },
  phone: { title: "On the customer's phone", text: "The customer sees the amount and approves it." },
};

/** What is happening with a payment, in plain words for the person at the till. */
export function stepWords(payment: PaymentView | undefined, by: Customer["by"]): Caption {
  if (!payment) return { title: "One moment", text: "The sale is being written down before anything is asked for." };
  if (payment.state === "waitingForCustomer") return waiting[by];
  if (payment.state === "waitingForApproval") return approval[by];
  return { ...steps[payment.state], ...(payment.failure && failed(payment)) };
}

type Told = Exclude<PaymentState, "waitingForCustomer" | "waitingForApproval">;

const steps: Record<Told, Caption> = {
  requesting: { title: "Sending the amount", text: "The amount is on its way to the customer's phone." },
  capturing: { title: "Approved", text: "The customer has approved. The money is being taken." },
  paid: { title: "Paid", text: "The money has been taken. Print the receipt to finish the sale." },
  completed: { title: "Done", text: "The receipt is made." },
  cancelling: {
    title: "Cancelling",
    text: "The request is being withdrawn. Should the customer approve at this very moment, you will be asked what to do.",
  },
  cancelled: { title: "Cancelled", text: "Nothing was paid." },
  rejected: { title: "The customer said no", text: "Nothing was paid. You can try again, or take another payment." },
  expired: { title: "Time ran out", text: "The customer did not answer. Nothing was paid." },
  failed: { title: "It did not work", text: "Nothing was paid." },
  needsDecision: { title: "A decision is needed", text: "The customer has approved, but the sale was not finished." },
  refunding: { title: "Giving the money back", text: "The platform has been asked to give the money back." },
  refunded: { title: "Given back", text: "The customer has the money back." },
};

function failed({ failure }: PaymentView): Partial<Caption> {
  return { text: [failure?.message, failure?.reason, failure?.hint].filter(Boolean).join(" ") };
}

/** The steps of a payment as a person thinks of them. */
export function milestones(by: Customer["by"]): readonly string[] {
  if (by === "screenQr") return ["Code shown", "Approved", "Receipt"];
  if (by === "phone") return ["Amount sent", "Approved", "Receipt"];
  return ["Customer found", "Amount sent", "Approved", "Receipt"];
}

/** How many of the milestones are behind us. */
export function milestonesReached(payment: PaymentView): number {
  const finding = payment.customerBy === "tillTag" || payment.customerBy === "customerQr" ? 1 : 0;
  switch (payment.state) {
    case "waitingForCustomer":
      return 0;
    case "requesting":
      return finding;
    case "waitingForApproval":
      return finding + 1;
    case "capturing":
    case "paid":
    case "needsDecision":
    case "refunding":
    case "refunded":
      return finding + 2;
    case "completed":
      return finding + 3;
    case "cancelling":
    case "cancelled":
    case "rejected":
    case "expired":
    case "failed":
      return 0;
  }
}

/** Whether the payment ended without any money taken. */
export function endedUnpaid({ state }: PaymentView): boolean {
  return stageOf(state) === "unpaid";
}

/** Whether the cashier can still call the payment off. */
export function canCancel(payment: PaymentView | undefined): boolean {
  return payment !== undefined && stageOf(payment.state) === "unapproved";
}
