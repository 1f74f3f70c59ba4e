import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { amountBody, cancelBody, createBody } from "../../daemon/mobilepay/bodies.ts";
import type { FoundCustomer, CreateRequest } from "../../daemon/payments/payment/request-bodies.ts";
import * as accepted from "../../daemon/devkit/simulator/platform/requests.ts";

const folder = new URL("../support/openapi/", import.meta.url);
const ajv = new Ajv({ strict: false });
for (const name of ["epayment", "qr"]) {
  ajv.addSchema(JSON.parse(await readFile(new URL(`${name}.json`, folder), "utf8")) as object, name);
}

function errors(schema: string, body: string): unknown {
  const validate = ajv.getSchema(schema);
  if (!validate) throw new Error(`no schema ${schema}`);
  return validate(JSON.parse(body)) ? [] : validate.errors;
}

const customers: FoundCustomer[] = [
  { by: "tillTag", customerToken: "Zm9vYmFy" },
  { by: "customerQr", content: "https://qr.vipps.no/p/abcdef" },
  { by: "phone", phoneNumber: "4512345678" },
  { by: "screenQr" },
];
const order: CreateRequest = {
  reference: "till-1-000123-1",
  amount: { currency: "DKK", value: 4990 },
  customer: { by: "screenQr" },
  description: "Purchase at till 2",
  receipt: {
    orderLines: [
      {
        id: "1",
        name: "Æbler",
        totalAmount: 4990,
        totalAmountExcludingTax: 3992,
        totalTaxAmount: 998,
        taxRate: 2500,
        unitInfo: { unitPrice: 2000, quantity: "2.495", quantityUnit: "KG" },
        discount: 0,
        isReturn: false,
      },
      {
        id: "2",
        name: "Bag",
        totalAmount: 0,
        totalAmountExcludingTax: 0,
        totalTaxAmount: 0,
        taxRate: 0,
        unitInfo: { quantity: "1", quantityUnit: "PCS" },
      },
    ],
    bottomLine: {
      currency: "DKK",
      posId: "till-1",
      receiptNumber: "R-1",
      barcode: { format: "CODE 128", data: "R-1" },
    },
  },
};

describe("the body of a create", () => {
  test.each(customers)("fits the platform's schema when the customer is found by $by", (customer) => {
    const body = createBody({ ...order, customer });
    expect(errors("epayment#/$defs/CreatePaymentRequest", body)).toEqual([]);
    // The schema lets unknown fields pass; the platform does not.
    expect(accepted.createPayment.safeParse(JSON.parse(body))).toMatchObject({ success: true });
  });

  test("is exactly this for a till's tag", () => {
    const customer: FoundCustomer = { by: "tillTag", customerToken: "Zm9vYmFy" };
    const { reference, amount, description = "" } = order;
    expect(JSON.parse(createBody({ reference, amount, description, customer }))).toEqual({
      amount: { currency: "DKK", value: 4990 },
      paymentMethod: { type: "WALLET" },
      customer: { customerToken: "Zm9vYmFy" },
      customerInteraction: "CUSTOMER_PRESENT",
      userFlow: "PUSH_MESSAGE",
      reference: "till-1-000123-1",
      paymentDescription: "Purchase at till 2",
    });
  });

  test("asks for the text of a one-time code, and names no customer", () => {
    expect(JSON.parse(createBody(order))).toMatchObject({ userFlow: "QR", qrFormat: { format: "TEXT/TARGETURL" } });
    expect(JSON.parse(createBody(order))).not.toHaveProperty("customer");
  });

  test("leaves out units without a price, which the platform would refuse", () => {
    const { receipt } = JSON.parse(createBody(order)) as { receipt: { orderLines: object[] } };
    expect(receipt.orderLines.map((line) => "unitInfo" in line)).toEqual([true, false]);
  });

  test("leaves out a description that is too short, and cuts one that is too long", () => {
    expect(JSON.parse(createBody({ ...order, description: " x " }))).not.toHaveProperty("paymentDescription");
    const { paymentDescription } = JSON.parse(createBody({ ...order, description: "x".repeat(200) })) as {
      paymentDescription: string;
    };
    expect(paymentDescription).toHaveLength(100);
  });
});

test("the body of a capture and a refund fits the platform's schemas", () => {
  const body = amountBody({ currency: "EUR", value: 1 });
  expect(body).toBe('{"modificationAmount":{"currency":"EUR","value":1}}');
  expect(errors("epayment#/$defs/CaptureModificationRequest", body)).toEqual([]);
  expect(errors("epayment#/$defs/RefundModificationRequest", body)).toEqual([]);
});

test("the body of a cancel always says which kind it is", () => {
  expect([true, false].map(cancelBody)).toEqual(['{"cancelTransactionOnly":true}', '{"cancelTransactionOnly":false}']);
  expect(errors("epayment#/$defs/CancelModificationRequest", cancelBody(true))).toEqual([]);
});
