import { describe, expect, test } from "vitest";
import { checkReceipt } from "../../daemon/payments/payment/receipt-rules.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import type { Receipt } from "../../daemon/protocol/values.ts";
import { sale } from "../support/merchant.ts";
import { Shop } from "../support/shop.ts";
import { simulatedPlatform } from "../support/simulated-platform.ts";

type Line = Receipt["orderLines"][number];
type Barcode = NonNullable<Receipt["bottomLine"]["barcode"]>;

const amount = { currency: "DKK", value: 4990 } as const;
const coffee: Line = {
  id: "1",
  name: "Coffee",
  totalAmount: 4990,
  totalAmountExcludingTax: 3992,
  totalTaxAmount: 998,
  taxRate: 2500,
};
const deposit = { ...coffee, id: "2", totalAmount: 100, totalAmountExcludingTax: 80, totalTaxAmount: 20 };

function receipt(lines: readonly Partial<Line>[], barcode?: Barcode, currency: "DKK" | "EUR" = "DKK"): Receipt {
  return {
    orderLines: lines.map((line) => ({ ...coffee, ...line })),
    bottomLine: { currency, ...(barcode && { barcode }) },
  };
}

const wrong: [string, Receipt, { line?: number; field: string }][] = [
  [
    "a tax that is not the difference, in the second line",
    receipt([{}, { ...deposit, totalTaxAmount: 21 }]),
    { line: 2, field: "receipt.orderLines[1].totalTaxAmount" },
  ],
  [
    "a negative line",
    receipt([{ totalAmount: -4990, totalAmountExcludingTax: -3992, totalTaxAmount: -998 }]),
    { line: 1, field: "receipt.orderLines[0].totalAmount" },
  ],
  ["another currency", receipt([{}], undefined, "EUR"), { field: "receipt.bottomLine.currency" }],
  ["lines that come to more than the sale", receipt([{}, deposit]), { field: "receipt.orderLines" }],
  [
    "an EAN-13 whose check digit is wrong",
    receipt([{}], { format: "EAN-13", data: "5701234567890" }),
    { field: "receipt.bottomLine.barcode.data" },
  ],
  [
    "an EAN-13 that is too short",
    receipt([{}], { format: "EAN-13", data: "570123456789" }),
    { field: "receipt.bottomLine.barcode.data" },
  ],
  [
    "a CODE 39 with small letters",
    receipt([{}], { format: "CODE 39", data: "bon 1" }),
    { field: "receipt.bottomLine.barcode.data" },
  ],
];

const right: [string, Receipt][] = [
  ["lines that add up", receipt([{ totalAmount: 4890, totalAmountExcludingTax: 3912, totalTaxAmount: 978 }, deposit])],
  [
    "a line that is given back",
    receipt([
      { totalAmount: 5090, totalAmountExcludingTax: 4072, totalTaxAmount: 1018 },
      { ...deposit, isReturn: true },
    ]),
  ],
  ["an EAN-13", receipt([{}], { format: "EAN-13", data: "5701234567899" })],
  ["a CODE 128", receipt([{}], { format: "CODE 128", data: "Bon-1/b" })],
];

describe("a receipt", () => {
  test.each(wrong)("with %s is refused, with its place", (_what, given, place) => {
    let thrown: unknown;
    try {
      checkReceipt(given, amount);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BridgeError);
    expect(thrown).toMatchObject({ code: "RECEIPT_INVALID", details: { ...place, allowed: expect.any(String) } });
  });

  test.each(right)("with %s is taken", (_what, given) => {
    expect(() => checkReceipt(given, amount)).not.toThrow();
  });

  test("that is wrong is refused before MobilePay is asked, and the sale can be started anew", async () => {
    const shop = new Shop();
    const sent: unknown[] = [];
    shop.onRequest = (request) => void sent.push(request);
    const [, given] = wrong[0] ?? [];
    await expect(shop.start({ ...(given && { receipt: given }) })).rejects.toMatchObject({ code: "RECEIPT_INVALID" });
    expect(sent).toEqual([]);
    expect(await shop.start({ receipt: receipt([{}]) })).toMatchObject({ state: "requesting" });
  });
});

describe("MobilePay's stand-in", () => {
  test.each(wrong)("refuses a receipt with %s too, in MobilePay's form", async (_what, given, { field }) => {
    const { merchant } = await simulatedPlatform();
    const refused = await merchant.create({ ...sale("till-0001-1"), receipt: given });
    expect(refused).toMatchObject({ status: 400, fields: [field] });
  });

  test.each(right)("takes a receipt with %s", async (_what, given) => {
    const { merchant } = await simulatedPlatform();
    expect(await merchant.create({ ...sale("till-0001-1"), receipt: given })).toMatchObject({ status: 201 });
  });
});
