/**
 * Every error of ours that can leave the daemon. A number never changes its meaning and is never used again.
 * `retry`: `never` (the same request will fail again), `same-request` (send exactly this again), `query` (ask for the state).
 * `hint` is for the person at the till: what to do next.
 */
export const errorTable = {
  NOT_PAIRED: {
    number: 1001,
    retry: "never",
    message: "This till has no MobilePay tag yet.",
    hint: "Open the till's settings and register the QR code that stands on the counter.",
  },
  SPLIT_NOT_ALLOWED: {
    number: 1002,
    retry: "never",
    message: "The amount is less than the sale.",
    hint: "MobilePay must pay the whole sale. Use another payment method for all of it, or pay all of it with MobilePay.",
  },
  CHANGE_NOT_ALLOWED: {
    number: 1003,
    retry: "never",
    message: "The amount is more than the sale.",
    hint: "MobilePay cannot give cash back. Ask for exactly the sale's total.",
  },
  CURRENCY_MISMATCH: {
    number: 1004,
    retry: "never",
    message: "The currency is not the one this shop's MobilePay agreement uses.",
    hint: "Ring the sale up in the currency of the MobilePay agreement.",
  },
  AMOUNT_OUT_OF_RANGE: {
    number: 1005,
    retry: "never",
    message: "MobilePay does not take this amount.",
    hint: "The amount is below the smallest or above the largest that MobilePay takes. Use another payment method.",
  },
  PAYMENT_IN_PROGRESS: {
    number: 1006,
    retry: "query",
    message: "This till already has a payment under way.",
    hint: "Finish or cancel the payment that is under way first.",
  },
  SALE_IN_DOUBT: {
    number: 1007,
    retry: "query",
    message: "An earlier payment for this sale is not settled.",
    hint: "Wait until the earlier payment is settled; it may need a decision on the recovery list.",
  },
  SALE_ALREADY_PAID: {
    number: 1008,
    retry: "never",
    message: "This sale has already been paid with MobilePay.",
    hint: "Do not take the money again. The earlier payment is named here, with amount and time; refund it first if the sale is to be paid anew. Another sale needs another id, or the same one after recovery.saleIdHours.",
  },
  PAYMENT_NOT_FOUND: {
    number: 1009,
    retry: "never",
    message: "There is no such payment on this till.",
    hint: "Check the payment's number, or look on the till that took it.",
  },
  PAYMENT_CONFLICT: {
    number: 1010,
    retry: "never",
    message: "This payment id was used before for something else.",
    hint: "The POS must make a new payment id for a new payment.",
  },
  NOT_CANCELLABLE: {
    number: 1011,
    retry: "query",
    message: "This payment can no longer be cancelled.",
    hint: "If it is paid, make the receipt and refund it. If its receipt is made and the money is still being taken, or a person has decided on it, look at the recovery list.",
  },
  NOT_COMPLETABLE: {
    number: 1012,
    retry: "query",
    message: "This payment cannot be completed now.",
    hint: "It is not paid, or a person must first decide on the recovery list whether to refund it or to ring the sale up again.",
  },
  NOT_A_MOBILEPAY_PURCHASE: {
    number: 1013,
    retry: "never",
    message: "There is no MobilePay purchase with this number on this till.",
    hint: "Only a purchase made with MobilePay can be refunded to MobilePay. Refund it the way it was paid.",
  },
  NOT_REFUNDABLE: {
    number: 1014,
    retry: "query",
    message: "This payment is not a finished purchase.",
    hint: "Finish the sale first, or decide on the recovery list.",
  },
  REFUND_EXCEEDS: {
    number: 1015,
    retry: "never",
    message: "The refund is more than is left of the purchase.",
    hint: "Refund at most what is left.",
  },
  REFUND_CONFLICT: {
    number: 1016,
    retry: "never",
    message: "This refund id was used before for something else.",
    hint: "The POS must make a new refund id for a new refund.",
  },
  REFUND_NOT_FOUND: {
    number: 1017,
    retry: "never",
    message: "There is no such refund on this till.",
    hint: "Check the refund's number, or look on the till that made it.",
  },
  RECOVERY_NOT_FOUND: {
    number: 1018,
    retry: "never",
    message: "No decision is needed for this payment.",
    hint: "Look at the recovery list: it shows what is open.",
  },
  RECOVERY_DECIDED: {
    number: 1019,
    retry: "never",
    message: "This was already decided otherwise.",
    hint: "The first decision stands; a decision to ring up again can be changed to a refund while it is not completed and the list offers that. After ringing up again and completing, the sale can be refunded as usual.",
  },
  TAG_NOT_RECOGNISED: {
    number: 1020,
    retry: "never",
    message: "This is not a till's MobilePay tag.",
    hint: "Scan the QR code on the sticker that stands on this counter, or type the number printed on it.",
  },
  TAG_TAKEN: {
    number: 1021,
    retry: "never",
    message: "This tag belongs to another shop.",
    hint: "Use a tag ordered for this shop, or ask MobilePay to move it.",
  },
  CHECK_IN_STALE: {
    number: 1022,
    retry: "never",
    message: "The customer's scan is too old.",
    hint: "Ask the customer to scan the till's tag again.",
  },
  MOBILEPAY_UNREACHABLE: {
    number: 1023,
    retry: "same-request",
    message: "MobilePay does not answer.",
    hint: "Check the till's internet connection and try again.",
  },
  MOBILEPAY_REFUSED: {
    number: 1024,
    retry: "never",
    message: "MobilePay refused the request.",
    hint: "See the reason; ask the customer for another way to pay if it stays.",
  },
  OUTCOME_UNKNOWN: {
    number: 1025,
    retry: "query",
    message: "It is not yet known what happened at MobilePay.",
    hint: "The till keeps asking. Wait for the answer before you decide or take the money another way.",
  },
  JOURNAL_FAILED: {
    number: 1026,
    retry: "same-request",
    message: "The till's journal cannot be written.",
    hint: "No MobilePay payment can be started now. Check the disk of the till, or call support.",
  },
  ACCESS_DENIED: {
    number: 1027,
    retry: "never",
    message: "Access was not granted.",
    hint: "Ask the person who looks after this till to approve this page.",
  },
  UNAUTHENTICATED: {
    number: 1028,
    retry: "never",
    message: "This page is not known to the till.",
    hint: "Add the page's token to its settings, or ask for access anew.",
  },
  RATE_LIMITED: {
    number: 1029,
    retry: "same-request",
    message: "Too many requests.",
    hint: "Wait a moment and try again.",
  },
  PROTOCOL_MISMATCH: {
    number: 1030,
    retry: "never",
    message: "The page and the till's program do not speak a common version.",
    hint: "Update the older of the two.",
  },
  PAIRING_FAILED: {
    number: 1031,
    retry: "never",
    message: "The tag could not be registered.",
    hint: "See the reason, and try again.",
  },
  STOPPING: {
    number: 1032,
    retry: "same-request",
    message: "The till's program is stopping.",
    hint: "It comes back by itself; wait a moment.",
  },
  WRONG_TILL: {
    number: 1033,
    retry: "never",
    message: "This page was set up for another till, or for another MobilePay tag.",
    hint: "Do not sell: the money could go to another counter. Set the page up for this till, or pair the till with the tag that stands here.",
  },
  KEYS_REFUSED: {
    number: 1034,
    retry: "never",
    message: "MobilePay does not take this till's keys.",
    hint: "Take no MobilePay here until the keys are in order. The shop's keys were changed or closed: get new ones from the business portal, put them in with tillbridge setup, and let tillbridge doctor look.",
  },
  PHONE_NUMBER_INVALID: {
    number: 1035,
    retry: "never",
    message: "This is not a phone number.",
    hint: "Check the number with the customer and type it again; one from abroad with + and its country code.",
  },
  CUSTOMER_CODE_INVALID: {
    number: 1036,
    retry: "never",
    message: "The customer's code is not valid any more.",
    hint: "Ask the customer to open the code in the app again, and scan it anew.",
  },
  PUSH_NOT_ALLOWED: {
    number: 1037,
    retry: "never",
    message: "This shop may not send payment requests to a phone yet.",
    hint: "Use the code on the screen instead. The shop must ask MobilePay to allow PUSH_MESSAGE for its sales unit.",
  },
  CUSTOMER_UNAVAILABLE: {
    number: 1038,
    retry: "never",
    message: "MobilePay cannot ask this customer for money.",
    hint: "Ask for another way to pay. Do not say that the number is wrong: there are other reasons.",
  },
  REFUND_REFUSED: {
    number: 1039,
    retry: "never",
    message: "MobilePay does not give this money back.",
    hint: "Nothing was given back. Give the money back another way, and note it on the receipt.",
  },
  REFUND_TOO_LATE: {
    number: 1040,
    retry: "never",
    message: "The purchase is too old to be refunded by MobilePay (365 days).",
    hint: "Nothing was given back. Give the money back another way, and note it on the receipt.",
  },
  RECEIPT_INVALID: {
    number: 1041,
    retry: "never",
    message: "The receipt's lines do not add up.",
    hint: "Nothing was asked of MobilePay. The POS must mend the receipt that it sends, or send none; what is wrong is named here.",
  },
  RECEIPT_NOT_UNIQUE: {
    number: 1042,
    retry: "never",
    message: "Several purchases have this receipt number.",
    hint: "Choose the purchase by its amount and time, and refund that one; the number alone does not say whose it is.",
  },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly number: number;
  readonly retry: "never" | "same-request" | "query";
  readonly message: string;
  readonly hint: string;
}

export type ErrorName = keyof typeof errorTable;

/** What a JSON-RPC error of ours carries in `data`: `code` is the name in the table; further fields explain the case. */
export interface ErrorData {
  readonly code: ErrorName;
  readonly retry: ErrorRow["retry"];
  readonly hint: string;
  readonly [field: string]: unknown;
}

/** The world failed or the request cannot be done: an expected error with a row in the table. Safe to send to a page. */
export class BridgeError extends Error {
  readonly code: ErrorName;
  readonly details: Readonly<Record<string, unknown>>;

  /** `details` go to the page as they are: never put a secret, path or phone number there. */
  constructor(code: ErrorName, details: Readonly<Record<string, unknown>> = {}, message?: string) {
    super(message ?? errorTable[code].message);
    this.name = "BridgeError";
    this.code = code;
    this.details = details;
  }

  /** The `data` member of the JSON-RPC error. */
  get data(): ErrorData {
    const { retry, hint } = errorTable[this.code];
    return { retry, hint, ...this.details, code: this.code };
  }
}

/** Our own mistake: stop rather than go on with what cannot be true. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** For the end of a switch over a union: does not compile when a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`assertion failed: unexpected ${JSON.stringify(value)}`);
}
