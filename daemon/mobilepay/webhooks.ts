import { isHtml, parseJson } from "./answers.ts";
import type { MobilePayCall } from "./exchange.ts";
import type { MobilePayApi } from "./platform.ts";
import { failed } from "./qr.ts";
import { madeWebhook, webhookList } from "./wire.ts";

/** A webhook as MobilePay lists it. Its secret is returned once, when it is made. */
export interface RegisteredWebhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
}

/** MobilePay's Webhooks API. All of it throws `MOBILEPAY_UNREACHABLE` and `MOBILEPAY_REFUSED`. */
export interface WebhookRegistry {
  /** Refused when there are as many for one of these events as there may be: one for check-ins, 25 for each of the others. */
  register(url: string, events: readonly string[]): Promise<{ readonly id: string; readonly secret: string }>;
  list(): Promise<readonly RegisteredWebhook[]>;
  /** One that is not there any more is removed too. */
  remove(id: string): Promise<void>;
}

/** The event that a customer's scan of a till's tag makes. At most one registration of a sales unit. */
export const checkInEvent = "user.checked-in.v1";

/** What happens to a payment. */
export const paymentEvents: readonly string[] = [
  "created",
  "authorized",
  "captured",
  "cancelled",
  "refunded",
  "aborted",
  "expired",
  "terminated",
].map((name) => `epayments.payment.${name}.v1`);

const base = "/webhooks/v1/webhooks";

export function createWebhookRegistry(platform: MobilePayApi, deadlineMs: number): WebhookRegistry {
  const call = (operation: string, method: MobilePayCall["method"], path: string, body?: string): MobilePayCall => {
    return { operation, method, path, deadlineMs, ...(body !== undefined && { body }) };
  };
  const list = () => readList(platform, call("listWebhooks", "GET", base));
  const isListed = async (id: string) => (await list()).some((webhook) => webhook.id === id);
  return {
    register: (url, events) =>
      register(platform, call("registerWebhook", "POST", base, JSON.stringify({ url, events }))),
    list,
    remove(id) {
      const removing = call("removeWebhook", "DELETE", `${base}/${encodeURIComponent(id)}`);
      return remove(platform, removing, () => isListed(id));
    },
  };
}

async function register(platform: MobilePayApi, call: MobilePayCall) {
  const reply = await platform.call(call);
  const made = reply.kind === "success" ? madeWebhook.safeParse(parseJson(reply.text)).data : undefined;
  if (made) return made;
  throw failed(platform, call, reply, notWebhooks);
}

async function readList(platform: MobilePayApi, call: MobilePayCall): Promise<readonly RegisteredWebhook[]> {
  const reply = await platform.call(call);
  const list = reply.kind === "success" ? webhookList.safeParse(parseJson(reply.text)).data : undefined;
  if (!list) throw failed(platform, call, reply, notWebhooks);
  return list.webhooks;
}

/** Which status says that there is nothing to remove is not documented: then the list decides. */
async function remove(platform: MobilePayApi, call: MobilePayCall, isListed: () => Promise<boolean>): Promise<void> {
  const reply = await platform.call(call);
  if (reply.kind === "success" && !isHtml(reply.text)) return;
  if (reply.kind === "no" && !reply.html && !(await isListed())) return;
  throw failed(platform, call, reply, notWebhooks);
}

const notWebhooks = "not a list of webhooks";
