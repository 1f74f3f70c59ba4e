import * as z from "zod";

/**
 * What a client may do. `read`: see the till, its payments and events; every client may. `sell`: take payments, claim the devices,
 * decide what a power cut left open. `refund`: give money back. `settings`: the payment method and the till's tag.
 */
export const right = z.enum(["read", "sell", "refund", "settings"]);
export type Right = z.infer<typeof right>;
export const allRights: readonly Right[] = right.options;
