import type { Receipt } from "../../../protocol/values.ts";
import { goodOf } from "./goods.ts";

/** One kind of goods in a sale. */
export interface Line {
  readonly ean: string;
  readonly quantity: number;
}

const quantityMax = 99;
/** A quarter of the price without VAT is a fifth of the price with it: Danish VAT is 25 %. */
const vatShare = 0.2;

/** The basket with one more of these goods. */
export function withOneMore(lines: readonly Line[], ean: string): readonly Line[] {
  if (!lines.some((line) => line.ean === ean)) return [...lines, { ean, quantity: 1 }];
  return lines.map((line) => (line.ean === ean ? { ean, quantity: Math.min(line.quantity + 1, quantityMax) } : line));
}

/** The basket with one less of these goods. */
export function withOneLess(lines: readonly Line[], ean: string): readonly Line[] {
  const fewer = lines.map((line) => (line.ean === ean ? { ean, quantity: line.quantity - 1 } : line));
  return fewer.filter((line) => line.quantity > 0);
}

export function lineTotal(line: Line): number {
  return (goodOf(line.ean)?.priceOre ?? 0) * line.quantity;
}

/** What the customer pays, in øre. */
export function total(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + lineTotal(line), 0);
}

/** How much of an amount is VAT, in øre. */
export function vatOf(ore: number): number {
  return Math.round(ore * vatShare);
}

/** The lines as the customer's app shows them. */
export function receiptOf(lines: readonly Line[]): Receipt {
  return {
    orderLines: lines.map((line) => {
      const amount = lineTotal(line);
      const good = goodOf(line.ean);
      return {
        id: line.ean,
        name: good?.name ?? line.ean,
        totalAmount: amount,
        totalAmountExcludingTax: amount - vatOf(amount),
        totalTaxAmount: vatOf(amount),
        taxRate: 2500,
        unitInfo: { unitPrice: good?.priceOre ?? 0, quantity: String(line.quantity), quantityUnit: "PCS" },
      };
    }),
    bottomLine: { currency: "DKK" },
  };
}
