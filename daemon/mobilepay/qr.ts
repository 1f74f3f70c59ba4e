import type { MerchantTag, TagGateway } from "../pairing/tag-gateway.ts";
import { BridgeError } from "../protocol/errors.ts";
import { isHtml, parseJson } from "./answers.ts";
import type { MobilePayCall } from "./exchange.ts";
import type { MobilePayApi, MobilePayReply } from "./platform.ts";
import { merchantTag, merchantTags } from "./wire.ts";

const base = "/qr/v1/merchant-callback";

/** MobilePay's QR API, its merchant callback codes, as pairing needs it. */
export function createTagGateway(platform: MobilePayApi, deadlineMs: number): TagGateway {
  const get = (operation: string, path: string): MobilePayCall => ({ operation, method: "GET", path, deadlineMs });
  const put = (operation: string, path: string, locationDescription: string): MobilePayCall => {
    return { operation, method: "PUT", path, body: JSON.stringify({ locationDescription }), deadlineMs };
  };
  return {
    merchantSerialNumber: platform.merchantSerialNumber,
    mapSticker: (beaconId, description) =>
      store(platform, put("adoptSticker", `${base}/mobilepay/${encodeURIComponent(beaconId)}`, description)),
    put: (id, description) => store(platform, put("putTag", `${base}/${encodeURIComponent(id)}`, description)),
    get: (id) => readTag(platform, get("getTag", `${base}/${encodeURIComponent(id)}`), id),
    list: () => readTags(platform, get("listTags", base)),
  };
}

/** 409 means that the code belongs to another shop; its body is no problem document. */
async function store(platform: MobilePayApi, call: MobilePayCall): Promise<void> {
  const reply = await platform.call(call);
  if (reply.kind === "success" && !isHtml(reply.text)) return;
  if (reply.kind === "no" && reply.status === 409 && !reply.html) throw new BridgeError("TAG_TAKEN");
  throw failed(platform, call, reply);
}

async function readTag(platform: MobilePayApi, call: MobilePayCall, id: string): Promise<MerchantTag | undefined> {
  const reply = await platform.call(call);
  if (reply.kind === "no" && reply.status === 404 && !reply.html) return undefined;
  const tag = reply.kind === "success" ? tagOf(platform, parseJson(reply.text)) : undefined;
  if (!tag || tag.merchantQrId.toLowerCase() !== id.toLowerCase()) throw failed(platform, call, reply);
  return tag;
}

/** Entries that we cannot use are left out: one odd code of the shop's must not keep its tills from pairing. */
async function readTags(platform: MobilePayApi, call: MobilePayCall): Promise<readonly MerchantTag[]> {
  const reply = await platform.call(call);
  const entries = merchantTags.safeParse(reply.kind === "success" ? parseJson(reply.text) : undefined);
  if (!entries.success) throw failed(platform, call, reply);
  return entries.data.flatMap((entry) => tagOf(platform, entry) ?? []);
}

function tagOf(platform: MobilePayApi, body: unknown): MerchantTag | undefined {
  const parsed = merchantTag.safeParse(body);
  if (!parsed.success) return undefined;
  const { merchantSerialNumber, merchantQrId, locationDescription, qrContent, qrImageUrl } = parsed.data;
  if ((merchantSerialNumber ?? platform.merchantSerialNumber) !== platform.merchantSerialNumber) return undefined;
  return { merchantQrId, locationDescription: locationDescription ?? "", qrContent, qrImageUrl: qrImageUrl ?? "" };
}

/** How a call that is not about a payment failed. `because`: what is wrong with a success that makes no sense. */
export function failed(
  platform: MobilePayApi,
  call: MobilePayCall,
  reply: MobilePayReply,
  because = "not a merchant callback code",
): BridgeError {
  if (reply.kind === "success") platform.doubt(call, because);
  if (reply.kind === "keysRefused") return new BridgeError("KEYS_REFUSED");
  if (reply.kind === "no" && !reply.html)
    return new BridgeError("MOBILEPAY_REFUSED", { status: reply.status, fields: reply.problem?.fields ?? [] });
  const retryAfterMs = reply.kind === "unknown" ? reply.retryAfterMs : undefined;
  return new BridgeError("MOBILEPAY_UNREACHABLE", retryAfterMs === undefined ? {} : { retryAfterMs });
}
