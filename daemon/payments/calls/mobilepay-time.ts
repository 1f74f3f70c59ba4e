/** MobilePay's clock, which nobody at the till can set. */
export interface MobilePayTime {
  /** Milliseconds since 1970; undefined until MobilePay has answered anything. */
  now(): number | undefined;
  /** Asks for it. Never rejects. */
  learn(): Promise<void>;
}
