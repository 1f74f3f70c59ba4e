// What screens and control calls show, as plain types: the phone page is built from them, in a browser.

/** Where a payment stands on the platform. */
type State = "CREATED" | "AUTHORIZED" | "ABORTED" | "EXPIRED" | "TERMINATED";

/** A payment as screens show it. The last four amounts are minor units of `amount.currency`. */
export interface PaymentShown {
  readonly reference: string;
  readonly amount: { readonly currency: string; readonly value: number };
  readonly state: State;
  /** The customer's approval is under way. */
  readonly authorizing: boolean;
  /** Phone number of the customer who was asked, or who scanned the one-time code. */
  readonly customer?: string;
  /** Why the last attempt failed. */
  readonly declined?: string;
  readonly description?: string;
  /** The text of the code that the till shows on its screen. */
  readonly oneTimeCode?: string;
  readonly authorized: number;
  readonly cancelled: number;
  readonly captured: number;
  readonly refunded: number;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** A code on a counter. */
export interface TagShown {
  readonly merchantQrId: string;
  readonly merchantSerialNumber: string;
  readonly locationDescription: string;
  readonly qrContent: string;
}

/** A made-up person with a phone. */
export interface CustomerShown {
  readonly phoneNumber: string;
  readonly name: string;
  /** The text of the code that this customer shows at a till. */
  readonly personalQr: string;
}

/** What `GET /simulator/state` answers and `GET /simulator/events` sends. */
export interface SimulatorState {
  readonly shop: { readonly name: string; readonly merchantSerialNumber: string; readonly currency: string };
  /** On the simulator's clock. */
  readonly now: string;
  readonly customers: readonly CustomerShown[];
  readonly tags: readonly TagShown[];
  /** The last fifty, newest last. */
  readonly payments: readonly PaymentShown[];
}

/** Body of the webhook `user.checked-in.v1`: a customer scanned a till's code. */
export interface CheckInBody {
  readonly customerToken: string;
  readonly merchantQrId: string;
  readonly msn: string;
  /** RFC 3339 with seven decimals of a second. */
  readonly initiatedAt: string;
}

/** What the app shows after a scan. */
export type ScanShown =
  | {
      readonly shown: "connected" | "cannotConnect";
      readonly checkIn: CheckInBody;
      readonly locationDescription: string;
    }
  | { readonly shown: "paymentRequest"; readonly reference: string }
  | { readonly shown: "notRecognised" };

/** What the app shows after a tap. `notOpen`: the request is no longer there. */
export type TapShown =
  | { readonly shown: "approved" | "refused" | "processing" | "notOpen" }
  | { readonly shown: "declined"; readonly reason: string };
