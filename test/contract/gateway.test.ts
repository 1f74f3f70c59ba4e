import { createMobilePay } from "../../daemon/mobilepay/client.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import { startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { defaultCredentials } from "../../daemon/devkit/simulator/sales-unit.ts";
import { realWorld } from "../../daemon/world.ts";
import { Bank } from "../support/bank.ts";
import { gatewaySuite } from "../support/gateway-suite.ts";
import { VirtualWorld } from "../support/virtual-world.ts";

const expiryMs = 601_000;

gatewaySuite("the client of MobilePay, over HTTP to the simulator", async () => {
  const world = realWorld();
  const simulator = await startSimulator({ world });
  const mobilePay = createMobilePay({
    ...defaultCredentials,
    baseUrl: simulator.url,
    systemName: "tillbridge",
    systemVersion: "0.0.0",
    world,
    log: silentLogger,
  });
  const [someone] = simulator.platform.customers.values();
  return {
    gateway: mobilePay.gateway,
    customer: { by: "phone", phoneNumber: someone?.phoneNumber ?? "" },
    approve: (reference) => void simulator.platform.phone.approve(reference),
    reject: (reference) => void simulator.platform.phone.refuse(reference),
    expire: () => simulator.clock.advance(expiryMs),
    loseNext: (operation, when) =>
      void simulator.faults.plan({ operation, fault: { kind: when === "before" ? "lostBefore" : "lostAfter" } }),
    busyNext: (operation) =>
      void simulator.faults.plan({ operation, fault: { kind: "status", status: 429, retryAfterSeconds: 1 } }),
    close: () => {
      mobilePay.close();
      return simulator.close();
    },
  };
});

gatewaySuite("the bank of the simulated world", () => {
  const world = new VirtualWorld();
  // Nobody lets this world's time pass: all its waiting is over at once, but for what takes ten minutes.
  let aheadMs = 0;
  const bank = new Bank({
    now: () => world.now() + aheadMs,
    monotonicMs: () => world.monotonicMs() + aheadMs,
    sleep: () => Promise.resolve(),
    uuid: () => world.uuid(),
    chance: () => world.chance(),
  });
  const next = (operation: string, kind: "lostBefore" | "lostAfter" | "busy") => {
    bank.fate = (called) => {
      if (called !== operation) return { kind: "ok", latencyMs: 0 };
      bank.fate = () => ({ kind: "ok", latencyMs: 0 });
      return { kind, latencyMs: 0 };
    };
  };
  return Promise.resolve({
    gateway: bank,
    customer: { by: "phone", phoneNumber: "4512345678" },
    approve: (reference) => bank.approve(reference),
    reject: (reference) => bank.reject(reference),
    expire: () => {
      aheadMs += expiryMs;
    },
    loseNext: (operation, when) => next(operation, when === "before" ? "lostBefore" : "lostAfter"),
    busyNext: (operation) => next(operation, "busy"),
    close: () => Promise.resolve(),
  });
});
