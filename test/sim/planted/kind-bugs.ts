import type { PlantedBug } from "./bugs.ts";

/** One for each kind of trouble that a story can have beside the common ones; see `extra.ts`. */
export const kindBugs: readonly PlantedBug[] = [
  {
    name: "refused writes forgotten",
    does: "says that there is no such refund, and pays it when the refused write turns up after a restart",
    file: "daemon/journal/stores/payment-store.ts",
    search: "inDoubt: (id) => writer.inDoubt(id),",
    replace: "inDoubt: () => false,",
    kind: "told",
  },
  {
    name: "the customer did not come, whatever MobilePay says",
    does: "ends a payment that only MobilePay knows, while MobilePay is away",
    file: "daemon/payments/work/run-payment.ts",
    search: `return doubt.inDoubt ? { type: "abandoned", ...doubt } : { type: "expired" };`,
    replace: `return { type: "expired" };`,
    kind: "answered",
  },
  {
    name: "the log of events not read",
    does: "gives money back again of which its older journal knows nothing, when MobilePay has forgotten the key",
    file: "daemon/payments/work/earlier-refunds.ts",
    search: `if (applied.value !== "unnamed") return { kind: "ok", value: applied.value };`,
    replace: `if (applied.value !== "unnamed") return { kind: "ok", value: false };`,
    kind: "putBack",
  },
  {
    name: "what stands still keeps all waiting",
    does: "starts no sale as long as MobilePay does not take the money of another",
    file: "daemon/payments/work/standstill.ts",
    search: "return inStageForMs < stillMsMax && (isShown || !recoveredAtStart);",
    replace: "return inStageForMs >= 0 && (isShown || !recoveredAtStart);",
    kind: "live",
  },
  {
    name: "a disk that hangs keeps all waiting",
    does: "answers no call as long as a write does not come back",
    file: "daemon/journal/live/writer.ts",
    search: "    this.#onHang(error);\n",
    replace: "",
    kind: "hangs",
  },
  {
    name: "only the first part counts",
    does: "overlooks what others take after a first part",
    file: "daemon/payments/work/observe.ts",
    search: "if (seen.captured > collector.payment.captured) collector",
    replace: "if (seen.captured > collector.payment.captured && collector.payment.captured === 0) collector",
    kind: "portalParts",
  },
  {
    name: "a receipt without money is over",
    does: "ends a sale whose receipt was made and whose reservation was released, and tells nobody",
    file: "daemon/payments/payment/machine.ts",
    search: "if (isOver && after.receiptNumber === undefined) return after",
    replace: "if (isOver) return after",
    kind: "receipts",
  },
  {
    name: "a clock that stands still while the computer sleeps",
    does: "takes a check-in from before the computer slept for the next customer's",
    file: "daemon/world.ts",
    search: "return nowMs + sleptMs;",
    replace: "return nowMs;",
    kind: "sleeps",
  },
];
