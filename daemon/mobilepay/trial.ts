import * as z from "zod";
import { parseJson } from "./answers.ts";
import type { MobilePayApi } from "./platform.ts";

/** What a trial of the shop's agreement asks for, and a sale never does. */
export interface Trial {
  /** What has happened to the payment by MobilePay's own log, in order, such as `CAPTURED`. Undefined: nothing was learnt. */
  eventNames(reference: string): Promise<readonly string[] | undefined>;
  /** Approves in the customer's place. In MobilePay's test environment alone, for a test user who has approved by hand before. */
  forceApprove(reference: string, phoneNumber: string): Promise<boolean>;
}

const eventLog = z.array(z.object({ reference: z.string(), name: z.string(), success: z.boolean() }));

export function createTrial(platform: MobilePayApi, deadlineMs: number): Trial {
  return {
    async eventNames(reference) {
      const path = `/epayment/v1/payments/${encodeURIComponent(reference)}/events`;
      const reply = await platform.call({ operation: "events", method: "GET", reference, path, deadlineMs });
      const read = reply.kind === "success" ? eventLog.safeParse(parseJson(reply.text)).data : undefined;
      if (read?.some((event) => event.reference !== reference)) return undefined;
      return read?.filter(({ success }) => success).map(({ name }) => name);
    },
    async forceApprove(reference, phoneNumber) {
      const path = `/epayment/v1/test/payments/${encodeURIComponent(reference)}/approve`;
      const body = JSON.stringify({ customer: { phoneNumber } });
      const call = { operation: "forceApprove", method: "POST", reference, path, body, deadlineMs } as const;
      return (await platform.call(call)).kind === "success";
    },
  };
}
