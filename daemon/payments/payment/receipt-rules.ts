import { BridgeError } from "../../protocol/errors.ts";
import type { Money, Receipt } from "../../protocol/values.ts";

/** One thing that MobilePay would refuse: which line (from 1), which field, and what would be right. */
interface ReceiptFault {
  readonly line?: number;
  readonly field: string;
  readonly allowed: string;
}

/**
 * Holds the receipt against MobilePay's rules and against the sale, before anything is asked of MobilePay: there a receipt that does
 * not add up refuses the whole payment. Throws `RECEIPT_INVALID`, which names the place.
 */
export function checkReceipt(receipt: Receipt | undefined, amount: Money): void {
  const fault = receipt && (lineFault(receipt) ?? barcodeFault(receipt) ?? sumFault(receipt, amount));
  if (fault) throw new BridgeError("RECEIPT_INVALID", { ...fault, field: `receipt.${fault.field}` });
}

type Line = Receipt["orderLines"][number];

function lineFault({ orderLines }: Receipt): ReceiptFault | undefined {
  for (const [index, line] of orderLines.entries()) {
    const found = faultIn(line);
    if (found) return { line: index + 1, field: `orderLines[${index}].${found[0]}`, allowed: found[1] };
  }
  return undefined;
}

/** What is given back is marked as returned, and has amounts like all others. Field, and what would be right. */
function faultIn(line: Line): readonly [string, string] | undefined {
  const negative = (["totalAmount", "totalAmountExcludingTax", "totalTaxAmount"] as const).find(
    (name) => line[name] < 0,
  );
  if (negative !== undefined) return [negative, "0 or more; a line that is given back has isReturn"];
  const tax = line.totalAmount - line.totalAmountExcludingTax;
  return tax === line.totalTaxAmount
    ? undefined
    : ["totalTaxAmount", `totalAmount less totalAmountExcludingTax: ${tax}`];
}

function barcodeFault({ bottomLine: { barcode } }: Receipt): ReceiptFault | undefined {
  if (!barcode) return undefined;
  const field = "bottomLine.barcode.data";
  if (barcode.format === "EAN-13" && !isEan13(barcode.data))
    return { field, allowed: "13 digits, of which the last checks the others" };
  if (barcode.format === "CODE 39" && !/^[A-Z0-9 $%*+./-]+$/.test(barcode.data))
    return { field, allowed: "capital letters, digits, spaces and $ % * + . / -" };
  return /^[\x20-\x7e]+$/.test(barcode.data) ? undefined : { field, allowed: "at least one plain character" };
}

/** GS1: the digits by turns once and three times come to a multiple of ten. */
function isEan13(text: string): boolean {
  if (!/^\d{13}$/.test(text)) return false;
  const sum = Array.from(text, Number).reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

function sumFault({ orderLines, bottomLine }: Receipt, amount: Money): ReceiptFault | undefined {
  if (bottomLine.currency !== amount.currency) return { field: "bottomLine.currency", allowed: amount.currency };
  const sum = orderLines.reduce((total, line) => total + (line.isReturn ? -line.totalAmount : line.totalAmount), 0);
  if (sum === amount.value) return undefined;
  return { field: "orderLines", allowed: `lines that come to the sale's ${amount.value}; they come to ${sum}` };
}
