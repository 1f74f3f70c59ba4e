import { PlatformRefusal, refuseFields } from "../platform/errors.ts";
import type { MerchantQr } from "../platform/merchant-qr.ts";
import { putMerchantQr, putMobilePayQr, registerWebhook } from "../platform/requests.ts";
import { type ApiCall, parsed, type ApiReply, type ApiRoute } from "./routes.ts";

const qr = { family: "qr", access: "merchant", msn: "required" } as const;
const webhooks = { family: "problem", access: "merchant", msn: "optional" } as const;
const codes = "/qr/v1/merchant-callback";

/** QR v1, merchant callback codes. */
export const qrRoutes: readonly ApiRoute[] = [
  {
    ...qr,
    operation: "qrPutMobilePay",
    method: "PUT",
    path: `${codes}/mobilepay/:merchantQrId`,
    handle: (call, body) => put(call, parsed(putMobilePayQr, body)),
  },
  {
    ...qr,
    operation: "qrPut",
    method: "PUT",
    path: `${codes}/:merchantQrId`,
    handle: (call, body) => put(call, parsed(putMerchantQr, body)),
  },
  {
    ...qr,
    operation: "qrList",
    method: "GET",
    path: codes,
    handle: (call) => ({
      status: 200,
      body: call.platform.merchantQrs.list(call.msn).map((code) => shown(call, code)),
    }),
  },
  {
    ...qr,
    operation: "qrGet",
    method: "GET",
    path: `${codes}/:merchantQrId`,
    handle: (call) => ({ status: 200, body: shown(call, call.platform.merchantQrs.get(call.msn, id(call))) }),
  },
  {
    ...qr,
    operation: "qrDelete",
    method: "DELETE",
    path: `${codes}/:merchantQrId`,
    handle: (call) => {
      call.platform.merchantQrs.remove(call.msn, id(call));
      call.platform.changed();
      return { status: 200 };
    },
  },
];

function id({ parameters }: ApiCall): string {
  return parameters["merchantQrId"] ?? "";
}

function put(call: ApiCall, { locationDescription }: { locationDescription: string }): ApiReply {
  call.platform.merchantQrs.put(call.msn, id(call), locationDescription);
  call.platform.changed();
  return { status: 200 };
}

/** Schema `MerchantCallbackQr`, with a link to the picture that was asked for. */
function shown({ platform, query }: ApiCall, code: MerchantQr): Record<string, string> {
  const { merchantSerialNumber, merchantQrId, locationDescription, qrContent } = code;
  const { format, size } = pictureWish(query);
  const qrImageUrl = platform.images.url(qrContent, format, size);
  return { merchantSerialNumber, merchantQrId, locationDescription, qrImageUrl, qrContent };
}

/** The schema writes `QrImageFormat`, the guide `qrImageFormat`: both are taken. */
function pictureWish(query: URLSearchParams): { format: "SVG" | "PNG"; size: number } {
  const format = query.get("QrImageFormat") ?? query.get("qrImageFormat") ?? "SVG";
  const size = Number(query.get("QrImageSize") ?? query.get("qrImageSize") ?? 1024);
  if (format !== "SVG" && format !== "PNG") refuseFields([{ name: "QrImageFormat", reason: "PNG or SVG." }]);
  if (!(Number.isInteger(size) && size >= 100 && size <= 2000)) {
    refuseFields([{ name: "QrImageSize", reason: "A whole number from 100 to 2000." }]);
  }
  return { format, size };
}

/** Webhooks v1: register, list, delete. */
export const webhookRoutes: readonly ApiRoute[] = [
  {
    ...webhooks,
    operation: "webhookRegister",
    method: "POST",
    path: "/webhooks/v1/webhooks",
    handle: ({ platform, msn }, body) => {
      const { url, events } = parsed(registerWebhook, body);
      const { id, secret } = platform.webhooks.register(msn, url, events);
      return { status: 201, body: { id, secret } };
    },
  },
  {
    ...webhooks,
    operation: "webhookList",
    method: "GET",
    path: "/webhooks/v1/webhooks",
    handle: ({ platform }) => ({
      status: 200,
      body: { webhooks: platform.webhooks.list().map(({ id, url, events }) => ({ id, url, events })) },
    }),
  },
  {
    ...webhooks,
    operation: "webhookDelete",
    method: "DELETE",
    path: "/webhooks/v1/webhooks/:id",
    handle: ({ platform, parameters }) => {
      platform.webhooks.remove(parameters["id"] ?? "");
      return { status: 204 };
    },
  },
];

/** Access tokens, and the part of the Management API that tells what a sales unit may do. */
export const accountRoutes: readonly ApiRoute[] = [
  {
    operation: "token",
    method: "POST",
    path: "/accesstoken/get",
    family: "problem",
    access: "token",
    msn: "optional",
    handle: ({ platform }) => ({
      status: 200,
      body: platform.tokens.issue(platform.clock.now(), platform.tokenLifeSeconds),
      contentType: "application/json;charset=UTF-8",
    }),
  },
  {
    operation: "salesUnit",
    method: "GET",
    path: "/management/v1/sales-units/:msn",
    family: "problem",
    access: "merchant",
    msn: "optional",
    handle: salesUnit,
  },
];

const businessSchemes = { DKK: "business:DK:CVR", EUR: "business:FI:YTUNNUS", NOK: "business:NO:ORG" } as const;

function salesUnit({ platform, parameters }: ApiCall): ApiReply {
  const { name, currency, credentials, features } = platform.unit;
  if (parameters["msn"] !== credentials.merchantSerialNumber) throw new PlatformRefusal(404, "Not Found", []);
  const body = {
    msn: credentials.merchantSerialNumber,
    name,
    businessIdentifier: { scheme: businessSchemes[currency], id: "000000000" },
    configuration: {
      paymentAllowed: true,
      captureType: "ReserveCapture",
      partialCaptureAllowed: features.partialCapture,
      skipLandingPageAllowed: features.pushMessage,
    },
  };
  return { status: 200, body };
}
