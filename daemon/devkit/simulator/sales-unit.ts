/** Currencies of the wallet's markets: Denmark, Finland, Norway. */
export type WalletCurrency = "DKK" | "EUR" | "NOK";

/** Keys of one sales unit, as the business portal shows them. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptionKey: string;
  readonly merchantSerialNumber: string;
}

/** What Vipps MobilePay has switched on for a sales unit. */
export interface Features {
  /** `userFlow: PUSH_MESSAGE` is allowed (else 5080). Needs approval on the real platform; tills need it. */
  readonly pushMessage: boolean;
  /** A part of the reservation may be captured (else 6140). */
  readonly partialCapture: boolean;
  /** `expiresAt` is allowed (else 5050). */
  readonly longLiving: boolean;
  /** The keys may read what went through the ledger (else 401). The real platform has no settlements in its test environment. */
  readonly reports: boolean;
}

/** The shop that the simulator plays the platform for. */
export interface SalesUnit {
  readonly name: string;
  readonly currency: WalletCurrency;
  readonly credentials: Credentials;
  readonly features: Features;
  /** A ledger date begins at this hour where the shop is: midnight, unless the platform was asked for another. */
  readonly ledgerStartsAtHour: number;
}

/** Keys that open nothing but a simulator. */
export const defaultCredentials: Credentials = {
  clientId: "00000000-0000-4000-8000-000000000001",
  clientSecret: "simulator-client-secret",
  subscriptionKey: "simulator-subscription-key",
  merchantSerialNumber: "123456",
};

/** A Danish shop with all that a till needs switched on. */
export const defaultSalesUnit: SalesUnit = {
  name: "Simulated shop",
  currency: "DKK",
  credentials: defaultCredentials,
  features: { pushMessage: true, partialCapture: true, longLiving: false, reports: true },
  ledgerStartsAtHour: 0,
};
