import { machine } from "../../daemon/payments/payment/machine.ts";
import { apply, fold } from "../../daemon/payments/payment/fold.ts";
import type { RecordedEvent } from "../../daemon/payments/payment/payment.ts";
import type { Tally } from "./tally.ts";

/** Counts the cells of the machine that a payment's past went through. */
export function countCells(tally: Tally, [first, ...rest]: readonly RecordedEvent[]): void {
  if (!first) return;
  let payment = fold([first]);
  for (const event of rest) {
    tally.add(`cell ${payment.state} ${event.type}`);
    payment = apply(payment, event);
  }
}

/** Only where MobilePay insists on what cannot be true, and it never does in these stories. */
const insisted = /contradicted|agreed|needsDecision (authorized|rejected|expired|withdrawn)/;

/** Every cell of the machine that these stories can come to, as they are counted. */
export function allCells(): string[] {
  const cells = Object.entries(machine).flatMap(([state, row]) => Object.keys(row).map((event) => `${state} ${event}`));
  return cells.filter((cell) => !insisted.test(cell));
}
