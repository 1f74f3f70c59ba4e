import { beforeEach, describe, expect, test } from "vitest";
import { type Merchant, type Seen, sale } from "../support/merchant.ts";
import { simulatedPlatform } from "../support/simulated-platform.ts";

let it: Awaited<ReturnType<typeof simulatedPlatform>>;
let merchant: Merchant;
const codes = "/qr/v1/merchant-callback";
const oldId = "123456789012345";

beforeEach(async () => {
  it = await simulatedPlatform();
  merchant = it.merchant;
  it.platform.checkIns.listen(() => true);
});

const place = { locationDescription: "Kasse 1" };
const put = (id: string, body: object = place) => merchant.call("qrPut", "PUT", `${codes}/${id}`, body);
const putOld = (id: string) => merchant.call("qrPutMobilePay", "PUT", `${codes}/mobilepay/${id}`, place);
const get = (id: string, query = "") => merchant.call("qrGet", "GET", `${codes}/${id}${query}`);

describe("codes on the counter", () => {
  test("a code is made once; putting it again changes the description and nothing else", async () => {
    await put("till-1");
    const made = await get("till-1");
    await put("till-1", { locationDescription: "Kasse 2", category: "IN_STORE" });
    const again = await get("till-1");
    expect(made.body).toMatchObject({ merchantSerialNumber: "123456", merchantQrId: "till-1", ...place });
    expect(made.body.qrContent).toMatch(/^https:\/\/qr\.vipps\.no\/./);
    expect(again.body).toEqual({ ...made.body, locationDescription: "Kasse 2" });
  });

  test("an old MobilePay sticker keeps its id", async () => {
    expect((await putOld(oldId)).status).toBe(200);
    const all = await merchant.call("qrList", "GET", codes);
    expect(all.body.map((code: { merchantQrId: string }) => code.merchantQrId)).toEqual([oldId]);
  });

  test("a sticker that another shop has is refused with 409 and its id", async () => {
    it.platform.merchantQrs.put("654321", oldId, "Elsewhere");
    expect(await putOld(oldId)).toMatchObject({ status: 409, body: { id: oldId } });
    expect((await merchant.call("qrList", "GET", codes)).body).toEqual([]);
    expect((await get(oldId)).status).toBe(404);
  });

  test("a deleted code is gone", async () => {
    await put("till-1");
    const remove = () => merchant.call("qrDelete", "DELETE", `${codes}/till-1`);
    expect((await remove()).status).toBe(200);
    expect((await remove()).status).toBe(404);
    expect((await get("till-1")).status).toBe(404);
  });

  test.each([["?QrImageFormat=PNG&QrImageSize=300"], ["?qrImageFormat=PNG&qrImageSize=300"]])(
    "%s chooses the picture",
    async (query) => {
      await put("till-1");
      const { body } = await get("till-1", query);
      expect(it.platform.images.parse(new URL(body.qrImageUrl))).toMatchObject({ format: "PNG", size: 300 });
      expect((await get("till-1", "?QrImageFormat=GIF")).status).toBe(400);
      expect((await get("till-1", "?QrImageSize=99")).status).toBe(400);
    },
  );

  test("a wrong request is refused in the QR API's own words", async () => {
    expect((await put("till-1", { locationDescription: "x".repeat(37) })).fields).toEqual(["locationDescription"]);
    expect((await put("till-1", {})).fields).toEqual(["locationDescription"]);
    const nobody = { headers: { "merchant-serial-number": undefined } };
    expect((await merchant.call("qrList", "GET", codes, undefined, nobody)).status).toBe(400);
  });
});

describe("finding the customer", () => {
  const create = (customer: object): Promise<Seen> =>
    merchant.create(sale(`till-${merchant.newKey()}-1`, { customer }));

  test.each([oldId, `mobilepaypos://pos?id=${oldId}&source=qr`, `MobilePayPos://pos?source=qr&id=${oldId}`])(
    "scanning %s checks the customer in, and the token asks that customer",
    async (content) => {
      await putOld(oldId);
      const shown = await it.platform.phone.scan("4500000002", content);
      if (shown.shown !== "connected") throw new Error(shown.shown);
      expect(shown).toMatchObject({ locationDescription: "Kasse 1", checkIn: { merchantQrId: oldId, msn: "123456" } });
      expect(shown.checkIn.initiatedAt).toMatch(/\.\d{7}Z$/);
      const created = await create({ customerToken: shown.checkIn.customerToken });
      expect(it.platform.payments.get(created.body.reference).customer).toBe("4500000002");
    },
  );

  test("a check-in is good for 15 minutes", async () => {
    await put("till-1");
    const { body } = await get("till-1");
    const shown = await it.platform.phone.scan("4500000001", body.qrContent);
    if (shown.shown !== "connected") throw new Error(shown.shown);
    const { customerToken } = shown.checkIn;
    it.clock.advance(15 * 60_000 - 1);
    expect((await create({ customerToken })).status).toBe(201);
    it.clock.advance(1);
    expect(await create({ customerToken })).toMatchObject({ code: 4050 });
  });

  test("the app cannot connect when nobody takes the check-in", async () => {
    const alone = await simulatedPlatform();
    alone.platform.merchantQrs.put("123456", "till-1", "Kasse 1");
    alone.platform.checkIns.listen(() => Promise.reject(new Error("down")));
    expect((await alone.platform.phone.scanTag("till-1")).shown).toBe("cannotConnect");
  });

  test("the customer's own code is taken in both its forms", async () => {
    const customer = it.platform.customers.get("4500000002");
    const forms = [customer?.personalQr, "https://qr.vipps.no/28/2/01/031/4500000002?v=1"];
    for (const personalQr of forms) {
      const { body } = await create({ personalQr });
      expect(it.platform.payments.get(body.reference).customer).toBe("4500000002");
    }
    expect(await create({ personalQr: "5701234567890" })).toMatchObject({ code: 4060 });
  });

  test("whoever scans a one-time code gets the request, once and while it is open", async () => {
    const qr = { customer: undefined, userFlow: "QR", qrFormat: { format: "TEXT/TARGETURL" } };
    const { body } = await merchant.create(sale("till-0001-1", qr));
    const scan = () => it.platform.phone.scan("4500000002", body.redirectUrl);
    expect(await scan()).toEqual({ shown: "paymentRequest", reference: "till-0001-1" });
    expect(it.platform.phone.requests("4500000002")).toHaveLength(1);
    it.platform.phone.refuse("till-0001-1", "4500000002");
    expect(await scan()).toEqual({ shown: "notRecognised" });
    expect(await it.platform.phone.scan("4500000002", "5701234567890")).toEqual({ shown: "notRecognised" });
  });
});
