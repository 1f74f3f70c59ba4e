import type { Pairing } from "../pairing/pairing.ts";
import type { Till } from "../pairing/till.ts";
import type { Payments } from "../payments/payments.ts";
import type { Params, Result } from "../protocol/methods.ts";
import type { DeviceView } from "../protocol/values.ts";
import type { HandlersOf } from "./calls.ts";

/** What the methods act on. */
export interface Services {
  readonly till: Till;
  readonly pairing: Pairing;
  readonly payments: Payments;
  readonly checkIns: { notify(checkIn: Params<"checkIn.notify">): Promise<boolean> };
  readonly devices: { list(): DeviceView[] };
  readonly health: () => Result<"health.get">;
}

/** Each method that is answered by the till, on the services behind it. */
export function handlersFor({ till, pairing, payments, checkIns, devices, health }: Services): HandlersOf<"till"> {
  return {
    "till.get": async () => till.view(),
    "paymentMethod.set": (change) => till.setPaymentMethod(change),
    "pairing.start": async ({ timeoutSeconds }) => {
      pairing.start(timeoutSeconds);
      return { pairing: "listening" };
    },
    "pairing.cancel": async () => {
      pairing.cancel();
      return { pairing: "idle" };
    },
    "pairing.register": (request) => pairing.register(request),
    "pairing.remove": () => pairing.remove(),
    "payment.start": (params, session) => payments.start(params, session),
    "payment.get": ({ paymentId }) => payments.get(paymentId),
    "payment.list": (query) => payments.list(query),
    "payment.cancel": ({ paymentId }) => payments.cancel(paymentId),
    "payment.complete": (params, session) => payments.complete(params, session),
    "refund.start": (params) => payments.startRefund(params),
    "refund.get": ({ refundId }) => payments.getRefund(refundId),
    "recovery.list": async (query) => payments.recoveryList(query),
    "recovery.resolve": (params) => payments.resolve(params),
    "checkIn.notify": async (checkIn) => ({ accepted: await checkIns.notify(checkIn) }),
    "device.list": async () => ({ devices: devices.list() }),
    "health.get": async () => health(),
  };
}
