import { expect, onTestFinished, test } from "vitest";
import { Till } from "../support/till.ts";
import { until } from "../support/until.ts";

// Keys die while a till sells: somebody made new ones in the portal, or the agreement has ended.

test.each([401, 403] as const)(
  "dead keys (%i on every call) are told within seconds: by the payment, an event and the health; a network that breaks then hides nothing",
  async (status) => {
    const till = await Till.open({ realTime: true });
    onTestFinished(() => till.close());
    const { faults } = till.simulator;
    const started = performance.now();
    faults.plan({ operation: "any", fault: { kind: "status", status }, times: 1_000 });
    await till.start();
    await till.until("mobilePay.changed", ({ mobilePay }) => mobilePay.trouble?.code === "KEYS_REFUSED");
    const { payment } = await till.until("payment.changed", (it) => it.payment.state === "failed");
    expect(payment.failure).toMatchObject({ code: "KEYS_REFUSED" });
    expect(performance.now() - started).toBeLessThan(5_000);
    const trouble = { code: "KEYS_REFUSED", reason: "keysRefused" };
    expect(await till.call("health.get", {})).toMatchObject({ status: "degraded", mobilePay: { trouble } });

    faults.clear();
    faults.plan({ operation: "any", fault: { kind: "html" } });
    await till.start({ paymentId: "payment-2", sale: { saleId: "sale-2", total: { currency: "DKK", value: 4990 } } });
    await until(() => faults.list().length === 0);
    await till.until("mobilePay.changed", ({ mobilePay }) => mobilePay.trouble === undefined);
    const told = till.events.flatMap((it) =>
      it.event === "mobilePay.changed" ? [it.params.mobilePay.trouble?.code] : [],
    );
    expect(told).not.toContain("MOBILEPAY_UNREACHABLE");
  },
);
